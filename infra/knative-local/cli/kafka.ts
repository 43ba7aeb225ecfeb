// `npm run kafka`.
import { called } from '../called.ts'
import { runCommand } from './command-line.ts'
import { kafkaCommand } from './kafka-command.ts'

await runCommand(kafkaCommand(called('kafka --')))
