// The one maker of topics: what the YAML wants is made at each edit, and looked at again every few seconds, so that a topic that
// was deleted comes back and one that Kafka refused is made as soon as it can be.
import { counted } from '../../counted.ts'
import type { Plan } from '../../manifests/plan.ts'
import type { Findings } from '../../stack/part.ts'
import { withAdmin } from './kafka-admin.ts'
import {
  applyTopics,
  describeTopics,
  type TopicDescription,
  type TopicProblem,
  type WantedTopic,
  wantedTopics
} from './topics.ts'
import { until } from '../../until.ts'

export interface TopicMaker {
  /** Resolves when the topics of the plan are there, but for those that are refused: these are reported. */
  start(): Promise<void>
  /** Of an edited plan. @throws when Kafka does not answer; it is made later then */
  apply(plan: Plan): Promise<void>
  /** As last seen. */
  topics(): readonly TopicDescription[]
  /** By topic: why it is not as its YAML says. */
  problems(): ReadonlyMap<string, TopicProblem>
  /** The problems for a person, with file and line; only a topic that Kafka refuses or that is missing is unhealthy. */
  status(): Findings
  stop(): Promise<void>
}

export interface TopicMakerOptions {
  readonly bootstrap: readonly string[]
  readonly plan: Plan
  /** Which topics a plan asks for. */
  readonly wantedOf?: (plan: Plan) => WantedTopic[]
  report(sentence: string): void
}

/** Strimzi looks at all topics every two minutes; one that was deleted is missed sooner here. */
const everyMs = 5_000
const startTimeoutMs = 60_000

export function createTopicMaker({ bootstrap, plan, wantedOf = wantedTopics, report }: TopicMakerOptions): TopicMaker {
  let wanted = wantedOf(plan)
  let seen: readonly TopicDescription[] = []
  let problems: Problems = new Map()
  let working: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  /** One at a time. */
  function make(): Promise<void> {
    const next = working.then(makeNow)
    working = next.catch(() => undefined)
    return next
  }

  async function makeNow(): Promise<void> {
    if (isStopped) return
    await withAdmin(bootstrap, async admin => {
      const applied = await applyTopics(admin, wanted)
      for (const change of applied.changes) report(change)
      reportProblems(applied.problems)
      seen = await describeTopics(admin)
    })
  }

  async function look(): Promise<void> {
    const present = await withAdmin(bootstrap, describeTopics)
    for (const { topic } of seen) {
      const isGone = wanted.some(one => one.topic === topic) && !present.some(one => one.topic === topic)
      if (isGone) report(`topic ${topic} was deleted; it is in the YAML and is made again, empty`)
    }
    seen = present
    if (problems.size > 0 || wanted.some(one => !present.some(({ topic }) => topic === one.topic))) await make()
  }

  /** Each once, until it is another one. */
  function reportProblems(now: Problems): void {
    for (const one of wanted) {
      const problem = now.get(one.topic)
      if (!problem || problems.get(one.topic)?.message === problem.message) continue
      report(describe(problem, one))
    }
    problems = now
  }

  function lookAgain(): void {
    timer = setTimeout(() => {
      void look()
        .catch(() => undefined) // Kafka is away: the next look comes
        .then(() => isStopped || lookAgain())
    }, everyMs)
  }

  return {
    async start() {
      await until('the topics to be made', startTimeoutMs, async () => {
        // Until all brokers have registered, Kafka refuses as many replicas as there are brokers.
        const { brokers } = await withAdmin(bootstrap, admin => admin.describeCluster())
        if (brokers.length < bootstrap.length)
          throw new Error(`${brokers.length} of ${bootstrap.length} brokers have registered`)
        await make()
        return true
      })
      lookAgain()
    },
    apply(edited) {
      wanted = wantedOf(edited)
      return make()
    },
    topics: () => seen,
    problems: () => problems,
    status: () => findingsOf(wanted, seen, problems),
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await working
    }
  }
}

type Problems = ReadonlyMap<string, TopicProblem>

function findingsOf(wanted: readonly WantedTopic[], seen: readonly TopicDescription[], problems: Problems): Findings {
  const isMissing = ({ topic }: WantedTopic) => !seen.some(one => one.topic === topic)
  return {
    healthy: !wanted.some(one => problems.get(one.topic)?.reason === 'KafkaError' || isMissing(one)),
    problems: wanted.flatMap(one => {
      const problem = problems.get(one.topic)
      if (problem) return [describe(problem, one)]
      return isMissing(one) ? [`${placeOf(one)} does not exist`] : []
    })
  }
}

function placeOf({ origin, topic }: WantedTopic): string {
  return `${origin.file}:${origin.line} topic ${topic}`
}

function describe({ reason, message }: TopicProblem, wanted: WantedTopic): string {
  const { partitions, replicas } = wanted
  if (reason === 'KafkaError') return `${placeOf(wanted)} is refused by Kafka: ${message}`
  return `${placeOf(wanted)} stays as it is, not with ${counted(partitions, 'partition')} and ${counted(replicas, 'replica')}: ${message}`
}
