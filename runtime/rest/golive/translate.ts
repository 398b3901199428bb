/**
 * go-live's words and ours: its room is our room, its publisher a publishing participant, its subscriber a viewer.
 *
 * Its room `demo` is the room `demo` of the app `live`, hence `live-demo` by its full name. A room of another app goes by its full
 * name. The two can only meet where a room of the app `default`, which has no prefix, is called as one of `live` is: then the one
 * of `live` is meant.
 */

import { z } from 'zod'

/** The app whose rooms go by their own names. */
export const HOME_APP = 'live'
const HOME_PREFIX = 'live-'

export const RoomParams = z.object({
  room: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .describe('Name of the room.'),
})

/** A room in our terms: its full name and its app. */
export type Place = { readonly app: string; readonly room: string }

export function toName({ app, room }: Place): string {
  return app === HOME_APP && room !== HOME_APP ? room.slice(HOME_PREFIX.length) : room
}

/** What has to be known to tell which room a name means. */
export const NAMED = `query ($home: String!, $bare: String!) {
  apps { name prefix }
  home: room(name: $home) { live viewerCount }
  bare: room(name: $bare) { live viewerCount app { name } }
}`
export const namedBy = (name: string) => ({ home: atHome(name), bare: name })

const atHome = (name: string) => (name === HOME_APP ? name : HOME_PREFIX + name)

type Occupancy = { live: boolean; viewerCount: number }
export type Named = {
  apps: readonly { name: string; prefix: string }[]
  home: Occupancy | null
  bare: (Occupancy & { app: { name: string } }) | null
}

/** The room that a name means, and whether anybody publishes or watches there: without that go-live does not know it. */
export function toPlace(name: string, { apps, home, bare }: Named): Place & { occupied: boolean } {
  const owner = apps
    .filter(({ name: app, prefix }) => app !== HOME_APP && prefix !== '' && `${name}-`.startsWith(`${prefix}-`))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0]
  if (owner) return { app: owner.name, room: name, occupied: isOccupied(bare) }
  if (bare?.app.name === 'default' && isOccupied(bare) && !isOccupied(home)) return { app: 'default', room: name, occupied: true }
  return { app: HOME_APP, room: atHome(name), occupied: isOccupied(home) }
}

function isOccupied(room: Occupancy | null): boolean {
  return room !== null && (room.live || room.viewerCount > 0)
}

/** A room as the API answers it to `ROOMS`. */
export type ListedRoom = {
  name: string
  app: { name: string }
  live: boolean
  viewerCount: number
  tracks: readonly { hasMedia: boolean }[]
}

export const RoomSummary = z.object({
  name: z.string().describe('Its name.'),
  hasPublisher: z.boolean().describe('Whether somebody publishes in it.'),
  tracks: z.int().min(0).describe('How many tracks of its publisher have media.'),
  subscribers: z.int().min(0).describe('How many play it.'),
})

/** Sorted by name. Where two rooms have one name, that of the app `live` is shown, which the name means everywhere. */
export function toRoomList(rooms: readonly ListedRoom[]): z.output<typeof RoomSummary>[] {
  const byName = new Map<string, ListedRoom>()
  for (const room of rooms) {
    const name = toName({ app: room.app.name, room: room.name })
    if (!byName.has(name) || room.app.name === HOME_APP) byName.set(name, room)
  }
  return [...byName]
    .map(([name, { live, viewerCount, tracks }]) => ({
      name,
      hasPublisher: live,
      tracks: tracks.filter(({ hasMedia }) => hasMedia).length,
      subscribers: viewerCount,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
