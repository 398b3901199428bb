/** A rectangle of the canvas, in pixels; all of them even, as the colours of two by two pixels are stored together. */
export type Place = { readonly x: number; readonly y: number; readonly widthPx: number; readonly heightPx: number }

export type Size = { readonly widthPx: number; readonly heightPx: number }

export type LayoutName = 'grid' | 'speaker' | 'single'

/** Where pictures stand. */
export type Layout = {
  readonly places: readonly Place[]
  /** By picture, in order: the places it may be shown at, the one it begins with first. No more than one picture is at a place. */
  readonly homes: readonly (readonly number[])[]
}

/** Columns and rows that so many pictures get. */
const GRIDS = [
  [1, 1],
  [2, 1],
  [2, 2],
  [3, 2],
  [3, 3],
  [4, 4],
] as const

/** Pictures that are shown at most; who else is there is heard. */
const MOST_PICTURES = 16
/** How many small pictures are as high as the canvas; more of them are smaller. */
const STRIP_ROWS = 5

/** The layout that a recording asks for; `speaker-dark` and the like are told by how they begin, and what is unknown is a grid. */
export function layoutNamed(name: string | null | undefined): LayoutName {
  if (name?.startsWith('single')) return 'single'
  return name?.startsWith('speaker') ? 'speaker' : 'grid'
}

/** @param pictures How many there are; those beyond what fits have no home. */
export function layOut(name: LayoutName, pictures: number, canvas: Size): Layout {
  const shown = Math.min(pictures, name === 'single' ? 1 : MOST_PICTURES)
  if (shown === 0) return { places: [], homes: [] }
  return name === 'speaker' && shown > 1 ? speaker(shown, canvas) : grid(shown, canvas)
}

/** The place of each picture while the one of this index is the large one: it changes places with the first. */
export function placesWith(layout: Layout, large: number): readonly number[] {
  return layout.homes.map((homes, picture) => {
    const own = homes[0] ?? 0
    if (large === 0 || large >= layout.homes.length) return own
    if (picture === large) return 0
    return picture === 0 ? (layout.homes[large]?.[0] ?? 0) : own
  })
}

function grid(pictures: number, { widthPx, heightPx }: Size): Layout {
  const [columns, rows] = GRIDS.find(([across, down]) => across * down >= pictures) ?? [4, 4]
  const cell = { widthPx: even(widthPx / columns), heightPx: even(heightPx / rows) }
  const indexes = Array.from({ length: pictures }, (_, index) => index)
  const places = indexes.map((index) => ({
    x: (index % columns) * cell.widthPx,
    y: Math.floor(index / columns) * cell.heightPx,
    ...cell,
  }))
  return { places, homes: indexes.map((index) => [index]) }
}

/** One large picture, the others in a strip at its right. The first changes places with whoever speaks. */
function speaker(pictures: number, { widthPx, heightPx }: Size): Layout {
  const small = pictures - 1
  const rows = Math.max(STRIP_ROWS, small)
  const tile = { widthPx: even(widthPx / rows), heightPx: even(heightPx / rows) }
  const large = { widthPx: even(widthPx - tile.widthPx), heightPx: even((heightPx * (widthPx - tile.widthPx)) / widthPx) }
  const top = even((heightPx - small * tile.heightPx) / 2)
  const strip = Array.from({ length: small }, (_, row) => ({ x: large.widthPx, y: top + row * tile.heightPx, ...tile }))
  const places = [{ x: 0, y: even((heightPx - large.heightPx) / 2), ...large }, ...strip]
  return { places, homes: places.map((_, index) => (index === 0 ? [...places.keys()] : [index, 0])) }
}

const even = (px: number): number => Math.floor(px / 2) * 2
