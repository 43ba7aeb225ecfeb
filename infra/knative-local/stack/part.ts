// A part of the stack is one file of this folder and one line of registered.ts. Its start and stop, its ports, its lines in
// `status` and endpoints.json, what can be stopped and killed, the states of its objects and what --clean deletes all follow.
import type { Endpoints } from '../endpoints.ts'
import type { ObjectState } from '../kubernetes-api/live-state.ts'
import type { Plan } from '../manifests/plan.ts'
import type { ClusterAddresses } from '../parts/cluster-addresses.ts'
import type { Credentials } from '../parts/credentials.ts'
import type { Jars } from '../parts/jars.ts'
import type { Java } from '../parts/java.ts'
import type { Processes } from '../processes/processes.ts'
import type { Progress } from './progress.ts'
import type { Reporting } from '../processes/reporting.ts'
import type { Secrets } from '../parts/secrets.ts'
import type { ServicePorts } from '../state/service-ports.ts'
import type { Project } from '../project.ts'
import type { PartProcess } from './part-process.ts'

export interface Part<out Running extends RunningPart = RunningPart> {
  readonly name: string
  /** Those that it uses: begun before it, and stopped after it. */
  readonly needs: readonly Part[]
  /** Whether the YAML asks for it. */
  isWanted(plan: Plan, project: Project): boolean
  /** By offset from the base of the stack, what each of its ports is for. */
  ports(plan: Plan): Readonly<Record<number, string>>
  /** What it keeps in the state folder. */
  readonly files: readonly string[]
  /** Where on this machine is what the YAML calls by its name in the cluster. */
  addresses?(plan: Plan, places: Places): Partial<ClusterAddresses>
  /** Launches it. Resolves when others may ask it, long before it is ready. */
  begin(context: StackContext): Promise<Running>
}

export interface RunningPart {
  /** All that was asked of it works. */
  readonly ready: Promise<unknown>
  /** What `status` lists and commands act on. */
  processes(): readonly PartProcess[]
  /** Its share of endpoints.json. */
  endpoints(): Partial<Endpoints>
  /** Of its objects, by `stateKey`, for the Kubernetes API. */
  states(plan: Plan): Promise<Iterable<readonly [string, ObjectState]>>
  /** By the name of a Secret that its operator makes or reads in a cluster: the URL with user and password. */
  secrets?(): ReadonlyMap<string, string>
  /** Of what it keeps as the YAML says, beside its processes. */
  findings?(): Findings
  /** Why the last edit of its own files (migrations, rights) is not applied; undefined once one is. */
  refusedEdit?(): string | undefined
  /** An edited plan. @throws with what could not be applied */
  apply?(plan: Plan): Promise<void>
  stop(): Promise<void>
}

export interface Findings {
  readonly healthy: boolean
  /** For a person. */
  readonly problems: readonly string[]
}

export interface Places {
  /** @param offset from the base of the stack */
  port(offset: number): number
  servicePort(name: string): number | undefined
  /** Of a server that asks for a password; made at each start. */
  credentials(name: string): Credentials
}

export interface StackContext extends Places, Reporting {
  readonly stateDirectory: string
  readonly servicePorts: ServicePorts
  /** The function that runs with an inspector. */
  readonly inspect?: string | undefined
  readonly processes: Processes
  readonly progress: Progress
  /** The ones that apply now. */
  plan(): Plan
  project(): Project
  /** Looked for, and fetched, when the first part asks. */
  java(): Promise<{ readonly java: Java; readonly jars: Jars }>
  addresses(): ClusterAddresses
  secrets(): Secrets
  /** One of `needs`; undefined when the YAML does not ask for it. */
  running<Running extends RunningPart>(part: Part<Running>): Running | undefined
}

/** Awaited further down: a failure before that must not count as unhandled. */
export function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

/** Of an object that is there and does not work. */
export function notReady(message: string): ObjectState {
  return { ready: 'False', reason: 'NotReady', message }
}
