// A group's lag over time, with a mark for each rebalance.
import type { ReadOutput } from '../api.ts'
import { zone } from './time.tsx'
import { TimePlot } from './time-plot.tsx'

export function LagPlot({ history: { at, lag, rebalances } }: { readonly history: ReadOutput<'group'>['history'] }) {
  const worst = Math.max(0, ...lag)
  const label = `Lag over time, at most ${worst}; ${rebalances.length} rebalances`
  return (
    <TimePlot label={label} at={at} values={lag} marks={rebalances}>
      Lag in records, at most {worst} since the console began to look; dashed: a rebalance. Times of {zone}.
    </TimePlot>
  )
}
