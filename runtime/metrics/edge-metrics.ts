import type { FastifyInstance } from 'fastify'
import { Counter, Histogram, type Registry } from 'prom-client'
import { gauge } from './instruments.ts'

const DURATION_BUCKETS_S = [0.005, 0.02, 0.1, 0.5, 2, 10]

/** Counts the requests that the main thread answers; those to plugins' routes are handed over unseen. */
export function httpMetrics(registry: Registry, app: FastifyInstance): void {
  const durations = new Histogram({
    name: 'patchbay_http_request_duration_seconds',
    help: 'How long requests took, by the pattern of their route.',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS_S,
    registers: [registry],
  })
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? '(none)'
    durations.observe({ method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1_000)
  })
}

export type OperationKind = 'query' | 'mutation' | 'subscription'

/** @returns What is to be told of each operation. */
export function graphqlMetrics(
  registry: Registry,
  present: { connections: () => number; subscriptions: () => number; executions: () => number },
): (kind: OperationKind) => void {
  const operations = new Counter({
    name: 'patchbay_graphql_operations_total',
    help: 'GraphQL operations that were executed; a subscription that many share is one.',
    labelNames: ['kind'],
    registers: [registry],
  })
  gauge(registry, {
    name: 'patchbay_graphql_connections',
    help: 'Open GraphQL WebSockets.',
    read: () => [{ value: present.connections() }],
  })
  gauge(registry, {
    name: 'patchbay_graphql_subscriptions',
    help: 'Subscriptions over WebSockets.',
    read: () => [{ value: present.subscriptions() }],
  })
  gauge(registry, {
    name: 'patchbay_graphql_shared_executions',
    help: 'Executions that subscriptions share.',
    read: () => [{ value: present.executions() }],
  })
  return (kind) => operations.inc({ kind })
}
