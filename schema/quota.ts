import type { Quota } from '../core/access/quotas.ts'
import { PLATFORM } from '../core/app/apps.ts'
import { builder } from './builder.ts'
import { namedTenantTarget } from './targets.ts'

const QuotaMetricEnum = builder.enumType('QuotaMetric', {
  description: 'What a tenant may use so much of.',
  values: {
    APPS: { value: 'maxApps', description: 'Apps.' },
    CONCURRENT_STREAMS: { value: 'maxConcurrentStreams', description: 'Participants that publish at once, over all apps.' },
    RECORDING_MINUTES: { value: 'maxRecordingMinutesMonth', description: 'Minutes recorded this month.' },
    EGRESS_GB: { value: 'maxEgressGbMonth', description: 'Gigabytes sent elsewhere this month.' },
  } as const,
})

const QuotaType = builder.objectRef<Quota>('Quota').implement({
  description: 'How much of something a tenant may use, and uses.',
  fields: (t) => ({
    metric: t.expose('metric', { type: QuotaMetricEnum, description: 'What it counts.' }),
    limit: t.exposeInt('limit', { description: 'How much it may be; -1: without limit.' }),
    used: t.exposeFloat('used', { description: 'How much it is.' }),
  }),
})

builder.queryField('quotas', (t) =>
  t.field({
    type: [QuotaType],
    description: 'How much a tenant may use, and uses.',
    extensions: { grant: 'usage:read', target: namedTenantTarget },
    args: { tenant: t.arg.string({ description: "Name of the tenant; left out: the caller's own, or `platform`." }) },
    resolve: (_root, { tenant }, { core, caller }) => core.quotas.list(core.tenants.get(tenant ?? caller.tenant ?? PLATFORM).name),
  }),
)
