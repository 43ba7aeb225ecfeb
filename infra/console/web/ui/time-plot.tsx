// Figures over time by uPlot; a dashed line marks a moment. What it shows is in words below it too.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'

export interface TimePlotProps {
  /** In words, for those who do not see it. */
  readonly label: string
  /** Milliseconds since 1970. */
  readonly at: readonly number[]
  readonly values: readonly (number | null)[]
  readonly marks?: readonly { readonly at: number }[]
  readonly children: ComponentChildren
}

const height = 180
const noMarks: TimePlotProps['marks'] = []

export function TimePlot({ label, at, values, marks = noMarks, children }: TimePlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef({ at, values, marks })
  latest.current = { at, values, marks }

  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    // A canvas knows no custom properties: a change of theme draws it again.
    const colour = (name: string) => () => resolved(element, `var(${name})`)
    const axis = {
      stroke: colour('--ink-2'),
      grid: { stroke: 'rgba(128,128,128,0.2)', width: 1 },
      ticks: { show: false }
    }
    plot.current = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_self, _min, max) => [0, Math.max(5, (max ?? 0) * 1.1)] } },
        axes: [axis, { ...axis, size: 56 }],
        series: [{}, { stroke: colour('--accent'), width: 2, points: { show: false } }],
        hooks: { draw: [drawn => drawMarks(drawn, latest.current.marks, resolved(element, 'var(--warn)'))] }
      },
      dataOf(latest.current),
      element
    )
    const redraw = () => plot.current?.redraw()
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }))
    const themed = new MutationObserver(redraw)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    resized.observe(element)
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    scheme.addEventListener('change', redraw)
    return () => {
      resized.disconnect()
      themed.disconnect()
      scheme.removeEventListener('change', redraw)
      plot.current?.destroy()
    }
  }, [])
  useEffect(() => plot.current?.setData(dataOf({ at, values })), [at, values])

  return (
    <figure class="plot">
      <div ref={place} role="img" aria-label={label} />
      <figcaption>{children}</figcaption>
    </figure>
  )
}

function resolved(element: HTMLElement, value: string): string {
  const probe = document.createElement('span')
  probe.style.color = value
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

function dataOf({ at, values }: Pick<TimePlotProps, 'at' | 'values'>): uPlot.AlignedData {
  return [at.map(ms => ms / 1_000), [...values]]
}

function drawMarks(plot: uPlot, marks: TimePlotProps['marks'], colour: string): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = colour
  ctx.setLineDash([4, 4])
  for (const { at } of marks ?? []) {
    const x = Math.round(plot.valToPos(at / 1_000, 'x', true))
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}
