import { Document } from 'yaml'
import { type ConfigChange, changeConfig } from './config-change.ts'
import { defaultConfig } from './config-yaml.ts'
import { snakeKeys } from './key-case.ts'

const HEADING = ` The configuration of this app. Comments stay when the API changes something.
 Secrets do not belong in here: set them through the API, or in the environment variables that are named below.`

/**
 * The text of a new app's `config.yaml`: everything it can say, as it is by default, so that whoever opens it sees what there is.
 *
 * @throws {MediaError} `INPUT_INVALID` naming the key that can not be so.
 */
export function newConfigText(app: string, change: ConfigChange): string {
  const { features, ...config } = defaultConfig(app)
  const { wsIngest: _rarelyChanged, ...flags } = features
  const document = new Document(snakeKeys({ ...config, features: flags }))
  document.commentBefore = HEADING
  return changeConfig(app, document.toString({ lineWidth: 0 }), change).text
}
