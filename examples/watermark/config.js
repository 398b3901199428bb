import { z } from 'patchbay/kit'

const POSITIONS = /** @type {const} */ ([
  'TOP_LEFT',
  'TOP',
  'TOP_RIGHT',
  'LEFT',
  'CENTER',
  'RIGHT',
  'BOTTOM_LEFT',
  'BOTTOM',
  'BOTTOM_RIGHT',
])

/** What an app says about its watermark; what it leaves out is as the options of the plugin say. */
export const WatermarkInApp = z.strictObject({
  text: z.string().min(1).max(200).optional().describe('What is shown; absent: the text of the plugin.'),
  position: z.enum(POSITIONS).optional().describe('Where in the picture; absent: the position of the plugin.'),
  opacity: z.number().min(0).max(1).optional().describe('0, not to be seen, to 1; absent: the opacity of the plugin.'),
})

export const WatermarkConfig = z.strictObject({
  text: z.string().max(200).default('').describe('What every app shows that says nothing else. Default: nothing.'),
  position: z.enum(POSITIONS).default('BOTTOM_RIGHT').describe('Where in the picture. Default BOTTOM_RIGHT.'),
  opacity: z.number().min(0).max(1).default(0.6).describe('0, not to be seen, to 1. Default 0.6.'),
})
