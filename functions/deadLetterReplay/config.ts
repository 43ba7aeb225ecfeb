import * as z from 'zod'
import { DatabaseConfig, HostConfig } from '../runtime/host/config.ts'

/** `name=url,name=url`: where each function that can fail is to be found. */
const functionUrls = z.string().transform((text, context) => {
  const urls = new Map<string, string>()
  for (const entry of text.split(',').filter(part => part.trim() !== '')) {
    const [name = '', url = ''] = entry.split(/=(.*)/s).map(part => part.trim())
    if (name === '' || !URL.canParse(url)) context.addIssue(`"${entry}" is not name=url`)
    else urls.set(name, url)
  }
  return urls
})

export const DeadLetterReplayConfig = HostConfig.extend(DatabaseConfig.shape).extend({
  FUNCTION_URLS: functionUrls,
  /** Decodes letters by the schema that wrote them; left out, by the schemas of this build. */
  REGISTRY_URL: z.url().optional(),
  /**
   * Where operators read, replay, discard and resend: on the pod's loopback, apart from PORT, which then takes deliveries
   * only. Left out, PORT serves both.
   */
  OPERATOR_PORT: z.coerce.number().int().min(1).max(65535).optional(),
  /** Replays of one letter before it is left to a person. */
  REPLAY_LIMIT: z.coerce.number().int().min(1).max(1_000).default(10),
  /** How often letters that are due are looked for, beside being notified. */
  REPLAY_POLL_MS: z.coerce.number().int().min(50).max(60_000).default(1_000),
  /** Of one delivery. */
  REPLAY_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(30_000)
})
