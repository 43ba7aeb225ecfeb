// What happened to a student, oldest first, a line each.
import type { ReadOutput } from '../api.ts'
import { shortType } from './letter-table.tsx'
import { State, type Tone } from './state.tsx'
import { Time } from './time.tsx'

type Happening = ReadOutput<'student'>['history'][number]

const kinds: Readonly<Record<Happening['kind'], readonly [Tone, string]>> = {
  accepted: ['quiet', 'accepted'],
  applied: ['good', 'applied'],
  held: ['warn', 'held'],
  failed: ['warn', 'failed'],
  letter: ['bad', 'dead letter'],
  edited: ['warn', 'letter edited'],
  closed: ['quiet', 'letter closed'],
  user: ['quiet', 'user']
}

export function StudentHistory({ history }: { readonly history: readonly Happening[] }) {
  return (
    <ol class="history">
      {history.map(({ at, kind, sequence, type, function: name, words, href }, index) => {
        const [tone, word] = kinds[kind]
        const about = [type && shortType(type), sequence !== null && `sequence ${sequence}`].filter(Boolean).join(', ')
        return (
          <li key={`${index} ${at} ${kind}`}>
            <Time at={at} />
            <State tone={tone}>{word}</State>
            <span class="history-words">
              {about !== '' && <strong>{about}</strong>}
              {name !== null && ` in ${name}`}
              {about !== '' && ': '}
              {href === null ? words : <a href={href}>{words}</a>}
            </span>
          </li>
        )
      })}
    </ol>
  )
}
