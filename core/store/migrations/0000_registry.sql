CREATE TABLE `app_plugins` (
	`app` text NOT NULL,
	`plugin` text NOT NULL,
	`enabled` integer NOT NULL,
	`sealed_config` text,
	`installed_at` integer,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`app`, `plugin`)
);
--> statement-breakpoint
CREATE TABLE `apps` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`tenant` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `apps_name_unique` ON `apps` (`name`);--> statement-breakpoint
CREATE TABLE `ingresses` (
	`id` text PRIMARY KEY NOT NULL,
	`protocol` text NOT NULL,
	`app` text NOT NULL,
	`room` text NOT NULL,
	`identity` text NOT NULL,
	`name` text,
	`key_hash` text NOT NULL,
	`key_hint` text NOT NULL,
	`sealed_key` text,
	`sealed_url` text,
	`password_hash` text,
	`authorized` integer DEFAULT false NOT NULL,
	`transcode` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ingresses_key` ON `ingresses` (`app`,`key_hash`);--> statement-breakpoint
CREATE TABLE `log_lines` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`level` text NOT NULL,
	`source` text NOT NULL,
	`app` text,
	`message` text NOT NULL,
	`fields` text
);
--> statement-breakpoint
CREATE INDEX `log_lines_at` ON `log_lines` (`at`);--> statement-breakpoint
CREATE INDEX `log_lines_app` ON `log_lines` (`app`,`at`);--> statement-breakpoint
CREATE TABLE `login_sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user` text,
	`remote_address` text,
	`created_at` integer NOT NULL,
	`ends_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `login_sessions_user` ON `login_sessions` (`user`);--> statement-breakpoint
CREATE TABLE `nodes` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`address` text NOT NULL,
	`url` text NOT NULL,
	`region` text,
	`status` text NOT NULL,
	`stats` text,
	`created_at` integer NOT NULL,
	`last_seen_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_name_unique` ON `nodes` (`name`);--> statement-breakpoint
CREATE TABLE `plugin_manifests` (
	`name` text PRIMARY KEY NOT NULL,
	`module` text NOT NULL,
	`manifest` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `plugins` (
	`name` text PRIMARY KEY NOT NULL,
	`enabled` integer NOT NULL,
	`options` text
);
--> statement-breakpoint
CREATE TABLE `tenants` (
	`name` text PRIMARY KEY NOT NULL,
	`limits` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tokens` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`grants` text NOT NULL,
	`app` text,
	`room` text,
	`allowed_ips` text,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_id_unique` ON `tokens` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_hash_unique` ON `tokens` (`hash`);--> statement-breakpoint
CREATE TABLE `usage` (
	`tenant` text NOT NULL,
	`month` text NOT NULL,
	`metric` text NOT NULL,
	`amount` real NOT NULL,
	PRIMARY KEY(`tenant`, `month`, `metric`)
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`tenant` text NOT NULL,
	`role` text NOT NULL,
	`password_hash` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);