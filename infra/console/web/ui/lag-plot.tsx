// Lag over time by uPlot; a dashed line is a rebalance. What it shows is in words below it too.
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { ReadOutput } from '../api.ts'

type History = ReadOutput<'group'>['history']

const height = 180

export function LagPlot({ history }: { readonly history: History }) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef(history)
  latest.current = history

  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const style = getComputedStyle(element)
    const [ink, line, mark] = ['--ink-2', '--accent', '--warn'].map(name =>
      resolved(element, style.getPropertyValue(name))
    )
    const axis = {
      ...(ink && { stroke: ink }),
      grid: { stroke: 'rgba(128,128,128,0.2)', width: 1 },
      ticks: { show: false }
    }
    plot.current = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_self, _min, max) => [0, Math.max(5, max * 1.1)] } },
        axes: [axis, { ...axis, size: 48 }],
        series: [{}, { label: 'lag', ...(line && { stroke: line }), width: 2 }],
        hooks: { draw: [drawn => drawMarks(drawn, latest.current.rebalances, mark ?? 'orange')] }
      },
      dataOf(latest.current),
      element
    )
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.current?.destroy()
    }
  }, [])
  useEffect(() => plot.current?.setData(dataOf(history)), [history])

  const worst = Math.max(0, ...history.lag)
  return (
    <figure class="plot">
      <div
        ref={place}
        role="img"
        aria-label={`Lag over time, at most ${worst}; ${history.rebalances.length} rebalances`}
      />
      <figcaption>Lag in records, at most {worst} since the console began to look; dashed: a rebalance</figcaption>
    </figure>
  )
}

/** A canvas knows no light-dark(). */
function resolved(element: HTMLElement, value: string): string {
  const probe = document.createElement('span')
  probe.style.color = value
  element.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

function dataOf({ at, lag }: History): uPlot.AlignedData {
  return [at.map(ms => ms / 1_000), [...lag]]
}

function drawMarks(plot: uPlot, rebalances: History['rebalances'], colour: string): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = colour
  ctx.setLineDash([4, 4])
  for (const { at } of rebalances) {
    const x = Math.round(plot.valToPos(at / 1_000, 'x', true))
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}
