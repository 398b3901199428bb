import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql'
import { printed } from '../schema/print.ts'
import { coreSchema } from '../schema/schema.ts'

test('the printed schema that is checked in is the one that is served', async () => {
  const checkedIn = await readFile(new URL('../schema/schema.graphql', import.meta.url), 'utf8')
  assert.equal(checkedIn, printed, 'run npm run schema:print')
})

test('every type, field, argument and enum value says what it is', () => {
  const silent: string[] = []
  const check = (path: string, { description }: { description?: string | null | undefined }) => {
    if (!description?.trim()) silent.push(path)
  }
  for (const type of Object.values(coreSchema.getTypeMap())) {
    if (type.name.startsWith('__')) continue
    check(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value)
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      check(`${type.name}.${field.name}`, field)
      if ('args' in field) for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg)
    }
  }
  assert.deepEqual(silent, [])
})
