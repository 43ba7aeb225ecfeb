// Dead letters are asked for where everybody else asks for them: deadLetterReplay's HTTP.
import { type Ask, replayApi } from '../../../dead-letters/replay-api.ts'
import { functionOf, type Sources } from '../sources.ts'

const name = 'deadLetterReplay'

/** @throws with what to run, where operators are answered on a port of the pod alone */
export async function askReplay(sources: Sources): Promise<Ask> {
  const [url, { plan, urlOf }] = await Promise.all([sources.functionUrl(name), sources.cluster()])
  const service = plan.services.find(one => functionOf(one) === name)
  if (url === undefined) {
    throw new Error(`The address of ${name} is unknown. Start the console with --function ${name}=URL.`)
  }
  const inPod = service?.env.find(variable => variable.name === 'OPERATOR_PORT')?.value
  const isPublic = service !== undefined && url === urlOf('Service', service.namespace, service.name)
  if (inPod !== undefined && isPublic && sources.local === undefined) {
    throw new Error(
      `${name} answers operators on port ${inPod} of its pod. Forward it: kubectl port-forward -n ${service.namespace} POD 8090:${inPod}; then start the console with --function ${name}=http://127.0.0.1:8090.`
    )
  }
  return replayApi(url)
}
