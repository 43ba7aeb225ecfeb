// Load by k6, and what became of it on the far side: from the answer that a caller gets to the last function's effect.
import type { Scenario } from '../scenario.ts'
import type { Stage } from '../stage/stage.ts'
import { judge } from '../stage/student-load.ts'
import { awaitEffects } from './effects.ts'
import type { ProfileRun } from './figures.ts'
import { findK6, type K6 } from './find-k6.ts'
import { acceptedCommands, acceptedStudents } from './journal.ts'
import { addMissingUsers, lettersAreReplayed } from './missing-users.ts'
import { flags, type Profile, profilesOf } from './profiles.ts'
import { withClaims } from './report/claims.ts'
import { writeReport } from './report/write-report.ts'
import { runK6 } from './run-k6.ts'
import { startSampling } from './sampling.ts'
import { narrateAnswers, narrateFigures, narrateProfile } from './narrate.ts'

export const stress: Scenario = {
  name: 'stress',
  sentence: 'Load by k6 up to the breaking point: answers, effects, lag, dead letters, and nothing lost.',
  flags,
  async run(stage, plain) {
    const { narrator, claims } = withClaims(plain)
    const profiles = profilesOf(stage)
    const k6 = await findK6(stage)
    const domain = `${stage.mark}.example.com`
    const startedAt = new Date()
    stage.undo('the students without a user', () => addMissingUsers(stage, domain))
    const sampling = await startSampling(stage)

    const runs: ProfileRun[] = []
    for (const profile of profiles) {
      narrator.step(profile.heading)
      const run = await load(stage, k6, profile, domain)
      narrateProfile(narrator, run, sampling.samples)
      runs.push(run)
    }
    const answers = runs.flatMap(run => run.answers)
    narrateAnswers(narrator, answers)
    narrateFigures(narrator, runs, sampling.samples)
    const letters = await lettersAreReplayed(stage, narrator, { answers, domain, since: startedAt })

    narrator.step('Nothing lost, nothing twice')
    await judge(stage, narrator, {
      accepted: acceptedStudents(answers, domain),
      counts: {
        sent: answers.length,
        repeated: answers.filter(({ kind }) => kind === 'repeat').length,
        skipped: runs.reduce((sum, { dropped }) => sum + dropped, 0)
      },
      domain,
      startedAt,
      stop: async () => undefined // k6 has ended
    })
    await sampling.stop()

    narrator.step('Plots')
    const file = await writeReport(stage, { k6, runs, samples: sampling.samples, letters, claims, startedAt })
    narrator.fact('report', file)
    narrator.say(`${file} holds all of it: open it in a browser.`)
  }
}

/** One profile, and what the far side did with it. */
async function load(stage: Stage, k6: K6, profile: Profile, domain: string): Promise<ProfileRun> {
  const run = await runK6(stage, k6, profile, domain)
  const effects = await awaitEffects(stage, acceptedCommands(run.answers), domain, run.startedAt)
  return { ...run, profile, effects, caughtUpMs: Date.now() - run.endedAt.getTime() }
}
