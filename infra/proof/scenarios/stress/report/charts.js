// Draws the plots of the page in the browser. Bundled with uPlot into the page by write-report.ts.
import uPlot from 'uplot'

const height = 250
const data = JSON.parse(document.getElementById('data').textContent)
const sameMoment = uPlot.sync('moment')

const percentileColors = { p50: 'series-3', p95: 'series-1', p99: 'series-6' }
let plots = []

function drawAll() {
  for (const plot of plots) plot.destroy()
  plots = [
    overTime('requests', data.requests, { colors: { 'wrong answer': 'bad', 'no answer': 'series-8' }, digits: 0 }),
    overTime('answers', data.answers, { colors: percentileColors, logarithmic: true, unit: ' ms', digits: 0 }),
    overTime('lag', data.lag, { digits: 0 }),
    overTime('outbox', data.outbox, { digits: 0, fill: true }),
    overTime('cpu', data.cpu, { colors: { other: 'series-8' }, stacked: true, unit: ' %', digits: 0, max: 100 }),
    distribution('effects', data.effects)
  ]
}

function overTime(id, plot, options) {
  return draw(id, plot, {
    ...options,
    x: {
      name: 'at',
      label: 'seconds since the run began',
      range: [0, data.length],
      show: value => `${value.toFixed(0)} s`
    },
    cursor: { sync: { key: sameMoment.key }, drag: { x: true, y: false } },
    plugins: [profileSpans]
  })
}

function distribution(id, plot) {
  return draw(id, plot, {
    digits: 1,
    unit: ' %',
    max: 100,
    x: {
      name: 'within',
      label: 'milliseconds since the command was sent',
      logarithmic: true,
      show: value => `${value.toFixed(0)} ms`
    },
    cursor: { drag: { x: true, y: false } }
  })
}

function draw(
  id,
  { x, series },
  { colors = {}, digits, unit = '', logarithmic, stacked, fill, max, x: across, ...rest }
) {
  const target = document.getElementById(id)
  const names = Object.keys(series)
  const values = names.map(name => series[name])
  const colorOf = (name, index) => color(colors[name] ?? `series-${(index % 8) + 1}`)
  const show = value => (value === null || value === undefined ? '–' : `${format(value, digits)}${unit}`)
  const text = { stroke: color('faint'), font: '12px system-ui', labelFont: '12px system-ui', labelSize: 16 }
  const lines = { stroke: color('line'), width: 1 }
  return new uPlot(
    {
      width: widthFor(target),
      height,
      ...rest,
      legend: { markers: { width: 0, fill: (plot, index) => plot.series[index].stroke() } },
      scales: {
        x: across.logarithmic ? { distr: 3, time: false } : { time: false, range: zoomable(across.range, x) },
        y: logarithmic
          ? { distr: 3, range: (_, low, high) => [low / 1.3, high * 1.3] }
          : { range: (_, __, high) => [0, max ?? Math.max(1, high * 1.08)] }
      },
      axes: [
        {
          ...text,
          size: 30,
          label: across.label,
          grid: { show: false },
          ticks: { ...lines, size: 5 },
          ...(across.logarithmic ? logarithmicAxis : {})
        },
        {
          ...text,
          size: 56,
          grid: lines,
          ticks: { show: false },
          ...(logarithmic ? logarithmicAxis : { values: (_, splits) => splits.map(value => format(value, 3)) })
        }
      ],
      series: [
        { label: across.name, value: (_, value) => (value === null ? '' : across.show(value)) },
        ...names.map((name, index) => ({
          label: name,
          stroke: colorOf(name, index),
          width: stacked ? 1 : 2,
          fill: stacked || fill ? `${colorOf(name, index)}66` : undefined,
          points: { show: x.length < 2 },
          value: (_, __, number, at) => show(at === null ? null : values[number - 1][at])
        }))
      ],
      // From each part down to the one below it.
      bands: stacked ? names.slice(1).map((_, index) => ({ series: [index + 2, index + 1] })) : undefined
    },
    [x, ...(stacked ? stack(values) : values)],
    target
  )
}

/** Each series upon the ones before it. */
function stack(series) {
  const sums = series[0]?.map(() => 0) ?? []
  return series.map(values => values.map((value, index) => (sums[index] += value ?? 0)))
}

/** Under the lines, and above them the names. */
const profileSpans = {
  hooks: {
    drawClear: plot =>
      eachProfile(plot, ({ left, width }) => {
        plot.ctx.fillStyle = color('span')
        plot.ctx.fillRect(left, plot.bbox.top, width, plot.bbox.height)
      }),
    draw: plot =>
      eachProfile(plot, ({ name, left, width }) => {
        const padding = 4 * devicePixelRatio
        if (width < plot.ctx.measureText(name).width + 2 * padding) return // no room
        plot.ctx.fillStyle = color('faint')
        plot.ctx.fillText(name, left + padding, plot.bbox.top + padding)
      })
  }
}

function eachProfile(plot, paint) {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.font = `${11 * devicePixelRatio}px system-ui`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  for (const { name, from, to } of data.profiles) {
    const left = plot.valToPos(from, 'x', true)
    paint({ name, left, width: plot.valToPos(to, 'x', true) - left })
  }
  ctx.restore()
}

/** The whole run, also where a plot has nothing to show at its ends; and what was dragged over. */
function zoomable(whole, x) {
  return (_, from, to) => (from === x[0] && to === x.at(-1) ? whole : [from ?? whole[0], to ?? whole[1]])
}

/** A line at each power of ten, and at 2 and 5 of it where there is room. */
const logarithmicAxis = {
  splits: (_, __, low, high) => {
    const steps = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5]
    const powers = Array.from({ length: 8 }, (___, power) => 10 ** power)
    return powers.flatMap(power => steps.map(step => step * power)).filter(value => value >= low && value <= high)
  },
  filter: (_, splits) => splits, // all of them
  values: (_, splits) => splits.map(value => format(value, 0))
}

function format(value, digits) {
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits })
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

function widthFor(element) {
  return Math.max(280, element.clientWidth)
}

drawAll()
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll)
new ResizeObserver(() =>
  plots.forEach(plot => plot.setSize({ width: widthFor(plot.root.parentNode), height }))
).observe(document.body)
