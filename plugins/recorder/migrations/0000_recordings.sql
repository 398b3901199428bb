CREATE TABLE `recordings` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`session` text NOT NULL,
	`part` integer NOT NULL,
	`split_minutes` integer NOT NULL,
	`snapshot_seconds` integer NOT NULL,
	`room` text NOT NULL,
	`identity` text,
	`mode` text NOT NULL,
	`layout` text,
	`state` text NOT NULL,
	`name` text NOT NULL,
	`file` text,
	`format` text,
	`codec` text,
	`size_bytes` integer,
	`duration_ms` integer,
	`width_px` integer,
	`height_px` integer,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`object_key` text,
	`snapshot_key` text,
	`error` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `recordings_id_unique` ON `recordings` (`id`);--> statement-breakpoint
CREATE INDEX `recordings_room` ON `recordings` (`room`);--> statement-breakpoint
CREATE INDEX `recordings_started` ON `recordings` (`started_at`);--> statement-breakpoint
CREATE TABLE `segments` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`recording` integer NOT NULL,
	`file` text NOT NULL,
	`started_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `segments_recording` ON `segments` (`recording`);