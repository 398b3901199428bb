CREATE TABLE `camera_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`app_number` integer NOT NULL,
	`key_hash` text NOT NULL,
	`key_hint` text NOT NULL,
	`room` text NOT NULL,
	`identity` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `camera_keys_key_hash_unique` ON `camera_keys` (`key_hash`);