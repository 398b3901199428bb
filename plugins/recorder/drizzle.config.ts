import { defineConfig } from 'drizzle-kit'

export default defineConfig({ dialect: 'sqlite', schema: './plugins/recorder/tables.ts', out: './plugins/recorder/migrations' })
