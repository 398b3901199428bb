/** The page that browsers get at `/graphql`: an editor for the API. It comes from this server, whole, for closed networks. */
let page: Promise<string> | undefined

export function graphiqlPage(): Promise<string> {
  page ??= render()
  return page
}

const HINT = `# Every operation needs a token:
# put it into "Headers" below, then fetch
# the schema with the arrows at the left.

{
  __typename
}
`

async function render(): Promise<string> {
  // Megabytes of editor, which only a server whose page is opened should carry.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  return renderGraphiQL({
    title: 'Patchbay GraphQL',
    defaultQuery: HINT,
    headers: '{ "Authorization": "Bearer sk_..." }',
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  })
}
