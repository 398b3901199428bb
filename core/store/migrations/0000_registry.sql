CREATE TABLE `apps` (
	`name` text PRIMARY KEY NOT NULL,
	`prefix` text NOT NULL,
	`settings` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `apps_prefix_unique` ON `apps` (`prefix`);--> statement-breakpoint
CREATE TABLE `ingresses` (
	`id` text PRIMARY KEY NOT NULL,
	`protocol` text NOT NULL,
	`app` text NOT NULL,
	`room` text NOT NULL,
	`identity` text NOT NULL,
	`key_hash` text NOT NULL,
	`key_hint` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ingresses_key` ON `ingresses` (`app`,`key_hash`);--> statement-breakpoint
CREATE TABLE `plugins` (
	`name` text PRIMARY KEY NOT NULL,
	`enabled` integer NOT NULL,
	`options` text
);
--> statement-breakpoint
CREATE TABLE `tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`grants` text NOT NULL,
	`app` text,
	`room` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_hash_unique` ON `tokens` (`hash`);