/**
 * Adds an app's watermark to the API. Written as SDL and resolvers; `pluginBuilder` builds the same in code.
 *
 * @param {import('patchbay/kit').PluginApps<{ text: string, position: string, opacity: number }>} apps
 * @returns {import('patchbay/kit').Contribution}
 */
export function watermarkSchema(apps) {
  return {
    typeDefs: `
      "A line of text over the picture."
      type Watermark {
        "What is shown."
        text: String!
        "Where in the picture."
        position: String!
        "From 0, not to be seen, to 1."
        opacity: Float!
      }
      extend type Query {
        "What an app's players show; null when they show nothing."
        watermark("Name of the app." app: String!): Watermark
      }
    `,
    resolvers: {
      Query: {
        watermark: async (_root, { app }) => {
          const { enabled, config } = await apps.get(app)
          return enabled ? config : null
        },
      },
    },
    // Whoever may watch the app may know what it shows.
    grants: { 'Query.watermark': 'PLAY' },
  }
}
