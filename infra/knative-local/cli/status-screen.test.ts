import { expect, test } from 'vitest'
import type { Endpoints } from '../endpoints.ts'
import { type Screen, statusScreen } from './status-screen.ts'

test('of a stack in another folder than the usual one, the screen says how its commands find it', () => {
  expect(screenOf('/elsewhere/state')).toMatch(/^Commands +LOCAL_STATE=\/elsewhere\/state npm run local -- status/m)
  expect(screenOf('.local')).not.toContain('LOCAL_STATE')
})

function screenOf(stateDirectory: string): string {
  const nothing = { objects: [], kafkaSources: [], kafkaSinks: [], brokers: [], triggers: [], services: [] }
  const endpoints: Partial<Endpoints> = { kubeconfig: `${stateDirectory}/kubeconfig`, services: {} }
  const screen: Screen = {
    project: { directory: '.', manifests: [] },
    plan: { ...nothing, kafkaTopics: [], kafkaConnectors: [] },
    endpoints: endpoints as Endpoints,
    topics: [],
    shown: [],
    problems: [],
    seconds: '8.0',
    stateDirectory
  }
  return statusScreen(screen)
}
