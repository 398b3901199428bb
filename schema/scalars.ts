import { valueFromASTUntyped } from 'graphql'
import { builder } from './builder.ts'

builder.scalarType('DateTime', {
  description: 'An instant in ISO 8601, UTC.',
  serialize: (value) => (value instanceof Date ? value.toISOString() : new Date(value).toISOString()),
  parseValue: (value) => new Date(String(value)),
})
builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  // graphql-js makes objects without a prototype of what stands in the document itself, which libraries stumble over.
  parseLiteral: (node, variables) => structuredClone(valueFromASTUntyped(node, variables)),
})
builder.scalarType('BigInt', {
  description: 'A whole number that may exceed 32 bits, up to 2^53.',
  serialize: (value) => value,
})
