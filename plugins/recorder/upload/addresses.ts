import type { S3Access } from '../../../core/app/s3.ts'

/** The key of an object, by its name below the prefix of the app. */
export function keyOf({ prefix }: S3Access, name: string): string {
  const folder = prefix.replaceAll(/^\/+|\/+$/g, '')
  return folder === '' ? name : `${folder}/${name}`
}

/** Where anybody can read an object; undefined where nobody can without a signed link. */
export function publicUrl({ publicUrl: base }: S3Access, key: string): string | undefined {
  return base === '' ? undefined : `${base.replace(/\/+$/, '')}/${escaped(key)}`
}

/** Where an object is, for whoever may read it. */
export function objectUrl({ endpoint, region, bucket, forcePathStyle }: S3Access, key: string): string {
  const { protocol, host, pathname } = new URL(endpoint === '' ? `https://s3.${region}.amazonaws.com` : endpoint)
  const base = pathname.replace(/\/+$/, '')
  return forcePathStyle ? `${protocol}//${host}${base}/${bucket}/${escaped(key)}` : `${protocol}//${bucket}.${host}${base}/${escaped(key)}`
}

const escaped = (key: string) => key.split('/').map(encodeURIComponent).join('/')
