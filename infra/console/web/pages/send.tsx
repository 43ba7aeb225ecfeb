// A command as a form of its own schema, by HTTP or through the Broker; what its function says is wrong stands beside its field.
import { useState } from 'preact/hooks'
import { act, type ActionOutput, type ReadOutput } from '../api.ts'
import { CommandFields, fieldValues } from '../ui/command-fields.tsx'
import { Field, Submit, submits } from '../ui/form.tsx'
import { Await, Empty, Page } from '../ui/page.tsx'
import { SentByHttp, SentToBroker } from '../ui/sent.tsx'
import { useAction } from '../use-action.ts'
import { type Query, useQuery } from '../use-query.ts'
import { useRead } from '../use-read.ts'

type Command = ReadOutput<'commands'>['commands'][number]
export type Sent = ActionOutput<'sendCommand'>
export type FieldErrors = Readonly<Record<string, string>>

export function Send() {
  const [query, change] = useQuery()
  const shown = useRead('commands', {}, 10_000)
  return (
    <Page title="Send">
      <Await shown={shown} what="Reading what functions take">
        {({ commands }) => {
          const command = commands.find(one => one.function === query.command) ?? commands[0]
          if (command === undefined) {
            return (
              <Empty title="No function takes a command.">
                <code>npm run new</code> makes one; its form is here as soon as it is declared.
              </Empty>
            )
          }
          return (
            <>
              <div class="fields">
                <Field label="Command">
                  {attributes => (
                    <select {...attributes} onChange={event => change({ command: event.currentTarget.value })}>
                      {commands.map(one => (
                        <option key={one.function} selected={one === command}>
                          {one.function}
                        </option>
                      ))}
                    </select>
                  )}
                </Field>
                <Field label="Way">
                  {attributes => (
                    <select {...attributes} onChange={event => change({ via: event.currentTarget.value })}>
                      <option value="http" selected={query.via !== 'broker'}>
                        HTTP
                      </option>
                      <option value="broker" selected={query.via === 'broker'} disabled={command.broker === null}>
                        Broker
                      </option>
                    </select>
                  )}
                </Field>
              </div>
              <CommandForm
                key={command.function}
                command={command}
                via={query.via === 'broker' && command.broker !== null ? 'broker' : 'http'}
                given={query}
              />
            </>
          )
        }}
      </Await>
    </Page>
  )
}

function CommandForm({
  command,
  via,
  given
}: {
  readonly command: Command
  readonly via: 'http' | 'broker'
  readonly given: Query
}) {
  const [texts, setTexts] = useState<Query>(given)
  const [key, setKey] = useState(() => crypto.randomUUID())
  const [sent, setSent] = useState<{ readonly via: string; readonly result: Sent }>()
  const [errors, setErrors] = useState<FieldErrors>({})
  const doing = useAction()
  const send = () =>
    doing.run(async () => {
      const fields = fieldValues(command.fields, texts)
      const result = await act('sendCommand', { function: command.function, via, key, fields: fields as never })
      setErrors(Object.fromEntries(result.errors.map(({ field, message }) => [field, message])))
      setSent({ via, result })
      if (!result.isDone) setKey(crypto.randomUUID()) // what was refused was not done: the next one is another command
    })
  const edit = (name: string, text: string) => {
    setTexts(before => ({ ...before, [name]: text }))
    setErrors(({ [name]: _gone, ...others }) => others)
    setKey(crypto.randomUUID())
    setSent(undefined)
  }
  return (
    <form class="form" noValidate onSubmit={submits(send)}>
      <CommandFields fields={command.fields} texts={texts} errors={errors} onEdit={edit} />
      <p class="hint words">{willDo(command, via)}</p>
      <Submit doing={doing} label={`Send ${command.function}`} busy="Sending" />
      {sent?.via === 'http' && <SentByHttp sent={sent.result} />}
      {sent?.via === 'broker' && <SentToBroker sent={sent.result} name={command.function} onErrors={setErrors} />}
    </form>
  )
}

function willDo({ function: name, http, broker }: Command, via: 'http' | 'broker'): string {
  const once = 'Sent again without a change, it is answered again and not done again.'
  return via === 'http'
    ? `${http.method} ${http.path} to ${name}, which answers when it is done. ${once}`
    : `An event of type ${broker?.type} to Broker ${broker?.name}, which accepts it and brings it to ${name}. What ${name} refuses becomes a dead letter. ${once}`
}
