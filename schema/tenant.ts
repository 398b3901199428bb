import type { Tenant } from '../core/access/tenants.ts'
import type { TenantLimits } from '../core/store/tables.ts'
import { builder } from './builder.ts'
import { given } from './given.ts'
import { tenantTarget } from './targets.ts'

const LIMITS = {
  maxApps: 'Apps it may have.',
  maxConcurrentStreams: 'Participants that may publish at once, over all its apps.',
  maxRecordingMinutesMonth: 'Minutes it may record in a month.',
  maxEgressGbMonth: 'Gigabytes it may send elsewhere in a month.',
  maxStorageGb: 'Gigabytes it should keep at most. Nothing is refused for it.',
} as const satisfies Record<keyof TenantLimits, string>

const TenantLimitsType = builder.objectRef<TenantLimits>('TenantLimits').implement({
  description: 'How much a tenant may use; -1: without limit.',
  fields: (t) => ({
    maxApps: t.exposeInt('maxApps', { description: LIMITS.maxApps }),
    maxConcurrentStreams: t.exposeInt('maxConcurrentStreams', { description: LIMITS.maxConcurrentStreams }),
    maxRecordingMinutesMonth: t.exposeInt('maxRecordingMinutesMonth', { description: LIMITS.maxRecordingMinutesMonth }),
    maxEgressGbMonth: t.exposeInt('maxEgressGbMonth', { description: LIMITS.maxEgressGbMonth }),
    maxStorageGb: t.exposeInt('maxStorageGb', { description: LIMITS.maxStorageGb }),
  }),
})

const TenantLimitsInput = builder.inputType('TenantLimitsInput', {
  description: 'Limits to set, -1 for none; what is left out stays as it is, and is the free plan for a new tenant.',
  fields: (t) => ({
    maxApps: t.int({ description: LIMITS.maxApps }),
    maxConcurrentStreams: t.int({ description: LIMITS.maxConcurrentStreams }),
    maxRecordingMinutesMonth: t.int({ description: LIMITS.maxRecordingMinutesMonth }),
    maxEgressGbMonth: t.int({ description: LIMITS.maxEgressGbMonth }),
    maxStorageGb: t.int({ description: LIMITS.maxStorageGb }),
  }),
})

const TenantType = builder.objectRef<Tenant>('Tenant').implement({
  description: 'Whom apps and users belong to.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, unique on the server.' }),
    limits: t.expose('limits', { type: TenantLimitsType, description: 'How much it may use.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: true, description: 'When it was created; null for the built-in one.' }),
  }),
})

builder.queryField('tenants', (t) =>
  t.field({
    type: [TenantType],
    description: 'Every tenant; to a caller who is limited to one, that one.',
    extensions: { grant: 'tenant:read', target: tenantTarget },
    resolve: (_root, _args, { core, caller }) =>
      core.tenants.list().filter(({ name }) => caller.tenant === undefined || name === caller.tenant),
  }),
)

const named = (description: string) => ({ required: true, description }) as const

builder.mutationFields((t) => ({
  createTenant: t.field({
    type: TenantType,
    description: 'Creates a tenant.',
    args: {
      name: t.arg.string(named('1 to 40 lower-case letters, digits and dashes.')),
      limits: t.arg({ type: TenantLimitsInput, description: 'How it differs from the free plan.' }),
    },
    resolve: (_root, { name, limits }, { core }) => core.tenants.create(name, given(limits ?? {})),
  }),
  updateTenant: t.field({
    type: TenantType,
    description: 'Changes how much a tenant may use.',
    args: {
      name: t.arg.string(named('Name of the tenant.')),
      limits: t.arg({ type: TenantLimitsInput, required: true, description: 'What to change.' }),
    },
    resolve: (_root, { name, limits }, { core }) => core.tenants.update(name, given(limits)),
  }),
  deleteTenant: t.field({
    type: TenantType,
    description: 'Deletes a tenant that has no apps, with its users.',
    args: { name: t.arg.string(named('Name of the tenant.')) },
    resolve: (_root, { name }, { core }) => core.tenants.delete(name),
  }),
}))
