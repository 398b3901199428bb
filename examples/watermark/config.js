import { z } from 'patchbay/kit'

/** Where in the picture, as apps say it and as players are told. */
export const POSITIONS = /** @type {const} */ ({
  'top-left': 'TOP_LEFT',
  'top-right': 'TOP_RIGHT',
  'bottom-left': 'BOTTOM_LEFT',
  'bottom-right': 'BOTTOM_RIGHT',
})

const positions = /** @type {(keyof typeof POSITIONS)[]} */ (Object.keys(POSITIONS))

/** What an app says about its watermark. */
export const WatermarkInApp = z.strictObject({
  text: z.string().min(1).max(200).default('Patchbay').describe('What is shown.'),
  position: z.enum(positions).default('bottom-right').describe('Where in the picture.'),
  opacity: z.number().min(0).max(1).default(0.6).describe('0, not to be seen, to 1.'),
})

export const WatermarkConfig = z.strictObject({})
