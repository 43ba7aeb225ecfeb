// What a topic that the YAML names is, as far as was seen.
import { counted } from '../counted.ts'
import type { ObjectState } from '../kubernetes-api/live-state.ts'
import type { TopicMaker } from '../parts/kafka/topic-maker.ts'
import { notReady } from './part.ts'

/** Of a KafkaTopic. */
export function topicState(
  { topic, partitions }: { readonly topic: string; readonly partitions: number },
  topics: TopicMaker
): ObjectState {
  const problem = topics.problems().get(topic)
  if (problem) return { ready: 'False', ...problem }
  const found = topics.topics().find(one => one.topic === topic)
  if (!found) return missing(topic)
  return found.partitions < partitions
    ? notReady(`it has ${found.partitions} of ${counted(partitions, 'partition')}`)
    : { ready: 'True' }
}

/** Of a Broker or KafkaSink at a URL: it can take events when its topic is there. */
export function addressableState(topic: string, topics: TopicMaker): ObjectState {
  return topics.topics().some(one => one.topic === topic) ? { ready: 'True' } : missing(topic)
}

function missing(topic: string): ObjectState {
  return { ready: 'False', reason: 'TopicNotPresent', message: `topic ${topic} does not exist` }
}
