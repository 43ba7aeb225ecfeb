// Stops, kills, pauses and starts a part of the local runtime.
import { z } from 'zod'
import { actOnPart } from '../../knative-local/index.ts'
import { defineAction, Refused } from './action.ts'

export const part = defineAction({
  input: z.object({ name: z.string(), action: z.enum(['start', 'stop', 'kill', 'pause', 'resume', 'restart']) }),
  async run({ local }, { name, action }): Promise<{ readonly done: string }> {
    if (local === undefined) throw new Refused('Parts of a cluster are handled with kubectl.')
    await actOnPart(await local(), name, action)
    return { done: `${name}: ${action}` }
  }
})
