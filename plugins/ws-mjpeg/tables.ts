import { integer, sqliteTable, text } from '../kit/tables.ts'

/** The keys of an app's cameras, in the app's own database. */
export const cameraKeys = sqliteTable('camera_keys', {
  id: text('id').primaryKey(),
  /** An app that is made anew under an old name has another number, and none of the old keys. */
  appNumber: integer('app_number').notNull(),
  /** SHA-256, in hex. */
  keyHash: text('key_hash').notNull().unique(),
  /** How the key begins, to recognise it by. */
  keyHint: text('key_hint').notNull(),
  /** Full name. */
  room: text('room').notNull(),
  identity: text('identity').notNull(),
  createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
})
