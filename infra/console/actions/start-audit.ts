// Starts the audit; how it goes is read.
import { z } from 'zod'
import { Grace } from '../reads/audit.ts'
import { defineAction } from './action.ts'

export const startAudit = defineAction({
  input: z.object({ graceSeconds: Grace }),
  run: async ({ audits }, { graceSeconds }) => audits.start(graceSeconds)
})
