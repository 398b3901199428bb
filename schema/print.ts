import { writeFile } from 'node:fs/promises'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { coreSchema } from './schema.ts'

/** Core's schema in the text that is checked in beside this file. */
export const printed = `${printSchema(lexicographicSortSchema(coreSchema))}\n`

if (import.meta.main) await writeFile(new URL('./schema.graphql', import.meta.url), printed)
