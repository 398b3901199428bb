import type { Apps } from '../core/app/apps.ts'
import type { GoLiveRecords } from './config/env.ts'

/**
 * Has the app `live` upload its recordings as go-live's variables say. They are written into its configuration, where they are seen, and
 * they win over it at every start.
 *
 * @throws {MediaError} `INPUT_INVALID` for an endpoint that this server may not connect to.
 */
export async function applyGoLiveRecords(apps: Apps, { upload }: Pick<GoLiveRecords, 'upload'>): Promise<void> {
  if (!upload || !apps.find('live')) return
  const { key, secret, deleteAfterwards, ...bucket } = upload
  await apps.updateS3('live', { provider: 'minio', ...bucket, key: key.reveal(), secret: secret.reveal() })
  await apps.update('live', { recording: { deleteLocalAfterUpload: deleteAfterwards } })
}
