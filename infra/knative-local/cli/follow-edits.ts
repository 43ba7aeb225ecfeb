// The plan and the project that run now: those of the start, until edits of the YAML or of the project's own file take effect.
import { manifestPathsIn } from '../manifest-paths.ts'
import { followPlan } from '../manifests/follow-plan.ts'
import type { LoadOptions, LoadResult } from '../manifests/load-plan.ts'
import type { Plan } from '../manifests/plan.ts'
import type { Project } from '../project.ts'

export interface Edits {
  plan(): Plan
  project(): Project
  /** Why the last edit is not taken, a line for each error; nothing once all is as the files say. */
  refused(): readonly string[]
  close(): Promise<void>
}

export interface FollowEditsOptions {
  readonly project: Project
  /** Holds the folders of YAML. */
  readonly manifestRoot: string
  /** What was read at the start, and how. */
  readonly loaded: LoadResult & { readonly plan: Plan }
  readonly loadOptions: LoadOptions
  apply(plan: Plan, project: Project): Promise<void>
  report(text: string): void
}

export async function followEdits(options: FollowEditsOptions): Promise<Edits> {
  const { manifestRoot, loaded, loadOptions, apply, report } = options
  let { project } = options
  let { plan } = loaded
  let read = project
  let refused: readonly string[] = []
  const { close } = await followPlan({
    paths: () => manifestPathsIn(read, manifestRoot),
    loaded,
    otherFiles: project.written ? [project.written.file] : [],
    async options() {
      read = (await project.written?.read()) ?? project
      return loadOptions
    },
    async apply(edited) {
      plan = edited
      project = read
      await apply(plan, project)
    },
    report,
    refused: why => void (refused = why?.split('\n') ?? [])
  })
  return { plan: () => plan, project: () => project, refused: () => refused, close }
}
