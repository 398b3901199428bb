CREATE TABLE `recordings` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`session` text NOT NULL,
	`part` integer NOT NULL,
	`split_minutes` integer NOT NULL,
	`snapshot_seconds` integer NOT NULL,
	`room` text NOT NULL,
	`identity` text,
	`stream` text NOT NULL,
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
CREATE INDEX `recordings_stream` ON `recordings` (`stream`);--> statement-breakpoint
CREATE INDEX `recordings_started` ON `recordings` (`started_at`);--> statement-breakpoint
CREATE TABLE `rules` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`pattern` text NOT NULL,
	`identity` text,
	`mode` text,
	`from_time` text,
	`to_time` text,
	`time_zone` text DEFAULT 'UTC' NOT NULL,
	`keep_days` integer,
	`enabled` integer DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `rules_id_unique` ON `rules` (`id`);--> statement-breakpoint
CREATE TABLE `segments` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`recording` integer NOT NULL,
	`file` text NOT NULL,
	`started_at` integer NOT NULL,
	`codecs` text NOT NULL,
	`cause` text
);
--> statement-breakpoint
CREATE INDEX `segments_recording` ON `segments` (`recording`);--> statement-breakpoint
CREATE TABLE `uploads` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`recording` integer NOT NULL,
	`file` text NOT NULL,
	`key` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`error` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `uploads_key_unique` ON `uploads` (`key`);--> statement-breakpoint
CREATE INDEX `uploads_recording` ON `uploads` (`recording`);--> statement-breakpoint
CREATE TABLE `variants` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`recording` integer NOT NULL,
	`kind` text NOT NULL,
	`format` text NOT NULL,
	`state` text NOT NULL,
	`height_px` integer,
	`bitrate_kbps` integer,
	`file` text NOT NULL,
	`size_bytes` integer,
	`object_key` text,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `variants_recording` ON `variants` (`recording`);