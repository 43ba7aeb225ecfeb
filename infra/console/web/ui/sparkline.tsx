// The newest figure, and the shape of those before it.
interface Props {
  readonly values: readonly (number | null)[]
  readonly unit: string
}

const [width, height] = [80, 18]

export function Sparkline({ values, unit }: Props) {
  const newest = values.findLast(value => value !== null)
  if (newest === undefined || newest === null) return <>–</>
  const most = Math.max(1, ...values.map(value => value ?? 0))
  const step = width / Math.max(1, values.length - 1)
  const points = values.flatMap((value, index) =>
    value === null ? [] : [`${(index * step).toFixed(1)},${(height - 1 - (value / most) * (height - 2)).toFixed(1)}`]
  )
  return (
    <span class="sparkline" title={`at most ${most} ${unit}`}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
        <polyline points={points.join(' ')} />
      </svg>
      {newest} {unit}
    </span>
  )
}
