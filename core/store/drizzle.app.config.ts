import { defineConfig } from 'drizzle-kit'

export default defineConfig({ dialect: 'sqlite', schema: './core/store/app-tables.ts', out: './core/store/app-migrations' })
