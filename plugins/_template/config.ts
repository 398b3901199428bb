import { z } from 'patchbay/kit'

export const TemplateConfig = z.object({
  intervalMs: z.int().min(10).default(1_000).describe('Time between two ticks, in milliseconds.'),
})
export type TemplateConfig = z.infer<typeof TemplateConfig>
