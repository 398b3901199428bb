import type { InputRef, OutputRef } from '@pothos/core'
import { z } from 'zod'
import { SECRET_MASK } from '../core/app/app-secrets.ts'
import { appConfig } from '../core/app/config.ts'
import type { ConfigChange } from '../core/app/config-change.ts'
import { BFramesEnum, EncoderChoiceEnum, EncodingEnum, RecordingModeEnum, S3ProviderEnum } from './app-enums.ts'
import { builder } from './builder.ts'
import { LogLevelEnum } from './enums.ts'

/**
 * The configuration of an app as GraphQL types, made of its one description in core: keys, values and sentences can't drift apart.
 */

/** The values of a key that takes one of several words. */
const ENUMS: Readonly<Record<string, unknown>> = {
  'recording.mode': RecordingModeEnum,
  's3.provider': S3ProviderEnum,
  'transcoding.encoding': EncodingEnum,
  'transcoding.hwaccel': EncoderChoiceEnum,
  'publishing.bFrames': BFramesEnum,
  'mqtt.logs.level': LogLevelEnum,
}
/** Shown as a mask. */
const SECRETS = ['callbacks.secret']
/** Changed by fields of their own, or never. */
const NOT_CHANGED_HERE = ['name', 's3']

type Key = {
  readonly name: string
  readonly path: string
  readonly schema: z.ZodType
  readonly optional: boolean
  readonly description: string
}

function* keysOf(object: z.ZodObject, path: readonly string[]): Generator<Key> {
  for (const [name, value] of Object.entries(object.shape)) {
    const outer = value as z.ZodType
    yield {
      name,
      path: [...path, name].join('.'),
      schema: unwrapped(outer),
      optional: outer instanceof z.ZodOptional,
      description: outer.description ?? '',
    }
  }
}

function unwrapped(schema: z.ZodType): z.ZodType {
  const isWrapper = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
  return isWrapper ? unwrapped(schema.unwrap() as z.ZodType) : schema
}

/** `AppConfigRecording` of `recording`; an item of `webrtc.layers` is an `AppConfigWebrtcLayer`. */
function typeName(path: string): string {
  const words = path.split('.').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `AppConfig${words.join('')}`
}

function scalarOf({ schema, path }: Key): unknown {
  if (schema instanceof z.ZodString) return 'String'
  if (schema instanceof z.ZodBoolean) return 'Boolean'
  if (schema instanceof z.ZodLiteral) return 'Int'
  if (schema instanceof z.ZodNumber) return schema.isInt ? 'Int' : 'Float'
  const type = schema instanceof z.ZodEnum ? ENUMS[path] : undefined
  if (!type) throw new Error(`the key ${path} has no GraphQL type`)
  return type
}

/** Stands for whichever type was found: Pothos wants to know it when the code is written. */
type Found = 'JSON'

type Block = { readonly object: z.ZodObject; readonly path: string; readonly description: string; readonly isItem?: boolean }

function typeOf(key: Key, blockType: (block: Block) => unknown): Found {
  const { schema, path, description } = key
  if (schema instanceof z.ZodObject) return blockType({ object: schema, path, description }) as Found
  if (!(schema instanceof z.ZodArray)) return scalarOf(key) as Found
  const item = unwrapped(schema.element as z.ZodType)
  const isBlock = item instanceof z.ZodObject
  return [
    isBlock
      ? blockType({ object: item, path: path.replace(/s$/, ''), description: item.description ?? '', isItem: true })
      : scalarOf({ ...key, schema: item }),
  ] as unknown as Found
}

function outputType({ object, path, description }: Block): OutputRef<Record<string, unknown>> {
  return builder.objectRef<Record<string, unknown>>(typeName(path)).implement({
    description,
    fields: (t) =>
      Object.fromEntries(
        [...keysOf(object, path === '' ? [] : [path])].map((key) => {
          const isSecret = SECRETS.includes(key.path)
          const resolve = (block: Record<string, unknown>) => (isSecret ? block[key.name] && SECRET_MASK : block[key.name])
          return [
            key.name,
            t.field({ type: typeOf(key, outputType), nullable: key.optional as false, description: key.description, resolve }),
          ]
        }),
      ),
  })
}

/** Half an item is none, so its keys are all required. */
function inputType({ object, path, description, isItem = false }: Block): InputRef<Record<string, unknown>> {
  return builder.inputType(`${typeName(path)}Input`, {
    description,
    fields: (t) =>
      Object.fromEntries(
        [...keysOf(object, path === '' ? [] : [path])]
          .filter((key) => !NOT_CHANGED_HERE.includes(key.path))
          .map((key) => [key.name, t.field({ type: typeOf(key, inputType), required: isItem as false, description: key.description })]),
      ),
  })
}

const SCHEMA = appConfig('default')

export const AppConfigType = outputType({
  object: SCHEMA,
  path: '',
  description: 'The configuration of an app, complete: what its file leaves out has its default.',
})

export const AppConfigInput = inputType({
  object: SCHEMA,
  path: '',
  description: 'What to change about the configuration of an app; what is left out stays as it is.',
})

/** An input as a change: what the caller said null to stays as it is, too. */
export function toConfigChange(input: unknown): ConfigChange {
  if (Array.isArray(input)) return input.map(toConfigChange) as ConfigChange
  if (input === null || typeof input !== 'object') return input as ConfigChange
  const said = Object.entries(input).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(said.map(([key, value]) => [key, toConfigChange(value)]))
}
