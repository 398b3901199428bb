CREATE TABLE `plugin_manifests` (
	`name` text PRIMARY KEY NOT NULL,
	`module` text NOT NULL,
	`manifest` text NOT NULL
);
