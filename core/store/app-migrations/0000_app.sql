CREATE TABLE `callbacks` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`event` text NOT NULL,
	`body` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`due_at` integer NOT NULL,
	`last_error` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `callbacks_id_unique` ON `callbacks` (`id`);--> statement-breakpoint
CREATE INDEX `callbacks_due` ON `callbacks` (`due_at`);--> statement-breakpoint
CREATE TABLE `streams` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`room` text NOT NULL,
	`identity` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`stats` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `streams_name_unique` ON `streams` (`name`);