import { defineConfig } from 'drizzle-kit'

export default defineConfig({ dialect: 'sqlite', schema: './plugins/ws-mjpeg/tables.ts', out: './plugins/ws-mjpeg/migrations' })
