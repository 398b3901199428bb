CREATE TABLE `app_plugins` (
	`app` text NOT NULL,
	`plugin` text NOT NULL,
	`enabled` integer NOT NULL,
	`config` text,
	PRIMARY KEY(`app`, `plugin`)
);
