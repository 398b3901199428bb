import { builder } from './builder.ts'
import { ViewerType } from './refs.ts'

type PageArguments = { [Name in 'first' | 'last']?: number | null | undefined } & {
  [Name in 'before' | 'after']?: string | null | undefined
}

const PAGE_SIZE = 50
const LARGEST_PAGE = 500

export const pageArguments = builder.args((t) => ({
  first: t.int({ description: `Things on the page, counted from the front; ${PAGE_SIZE} unless said, ${LARGEST_PAGE} at most.` }),
  after: t.string({ description: 'Only what comes after this cursor.' }),
  last: t.int({ description: 'Things on the page, counted from the back.' }),
  before: t.string({ description: 'Only what comes before this cursor.' }),
}))

export const ViewerConnection = builder.connectionObject(
  { type: ViewerType, name: 'ViewerConnection', description: 'One page of viewers.' },
  { name: 'ViewerEdge', description: 'A viewer and its cursor.' },
)

/** One page of a list of things whose ids are their cursors. A page has 50 things unless asked for more; 500 at most. */
export function page<T extends { id: string }>(things: readonly T[], { first, last, before, after }: PageArguments) {
  const indexOf = (cursor: string | null | undefined) => (cursor == null ? -1 : things.findIndex(({ id }) => id === cursor))
  const start = indexOf(after) + 1
  const end = indexOf(before) < 0 ? things.length : indexOf(before)
  const size = Math.min(LARGEST_PAGE, Math.max(0, first ?? last ?? PAGE_SIZE))
  const fromEnd = first == null && last != null
  const nodes = fromEnd ? things.slice(Math.max(start, end - size), end) : things.slice(start, Math.min(end, start + size))
  const edges = nodes.map((node) => ({ cursor: node.id, node }))
  return {
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasPreviousPage: edges.length > 0 && things[0] !== edges[0]?.node,
      hasNextPage: edges.length > 0 && things.at(-1) !== edges.at(-1)?.node,
    },
  }
}
