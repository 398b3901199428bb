import { builder } from './builder.ts'

builder.scalarType('DateTime', {
  description: 'An instant in ISO 8601, UTC.',
  serialize: (value) => (value instanceof Date ? value.toISOString() : new Date(value).toISOString()),
  parseValue: (value) => new Date(String(value)),
})
builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
})
builder.scalarType('BigInt', {
  description: 'A whole number that may exceed 32 bits, up to 2^53.',
  serialize: (value) => value,
})
