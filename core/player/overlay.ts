export const OVERLAY_POSITIONS = [
  'TOP_LEFT',
  'TOP',
  'TOP_RIGHT',
  'LEFT',
  'CENTER',
  'RIGHT',
  'BOTTOM_LEFT',
  'BOTTOM',
  'BOTTOM_RIGHT',
] as const
export type OverlayPosition = (typeof OVERLAY_POSITIONS)[number]

/** A line of text that players show over the picture. */
export type Overlay = {
  /** Plain text, 1 to 200 characters. */
  readonly text: string
  /** Default `BOTTOM_RIGHT`. */
  readonly position?: OverlayPosition
  /** From 0, not to be seen, to 1; default 1. */
  readonly opacity?: number
  /** Only in this room, by its full or app-local name; absent: in every room of the app. */
  readonly room?: string
}
