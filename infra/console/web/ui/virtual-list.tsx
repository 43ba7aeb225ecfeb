// A list of any length of which only what is in view is in the document, by TanStack Virtual.
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useReducer, useRef } from 'preact/hooks'

export interface VirtualListProps<Item> {
  readonly label: string
  readonly items: readonly Item[]
  readonly rowHeight: number
  readonly keyOf: (item: Item) => string
  readonly children: (item: Item) => ComponentChildren
  /** The items in view have changed. */
  readonly seen: (items: readonly Item[]) => void
  /** Whether the list is at its top. */
  readonly atTop: (isAtTop: boolean) => void
}

export function VirtualList<Item>({ label, items, rowHeight, keyOf, children, seen, atTop }: VirtualListProps<Item>) {
  const scroller = useRef<HTMLDivElement>(null)
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  const virtualizer = useRef<Virtualizer<HTMLDivElement, Element>>(undefined)
  const options = {
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: ({ scrollOffset }: { scrollOffset: number | null }) => {
      atTop((scrollOffset ?? 0) < rowHeight)
      redraw(undefined)
    }
  }
  const list = (virtualizer.current ??= new Virtualizer(options))
  list.setOptions(options)
  // So named, and still what an adapter calls: https://github.com/TanStack/virtual/blob/main/packages/react-virtual/src/index.tsx
  // oxlint-disable-next-line no-underscore-dangle
  useLayoutEffect(() => list._didMount(), [])
  // oxlint-disable-next-line no-underscore-dangle
  useLayoutEffect(() => list._willUpdate())
  useEffect(() => list.measure(), [rowHeight])

  const inView = list.getVirtualItems()
  const range = `${inView.at(0)?.index} ${inView.at(-1)?.index} ${keyOf(items[inView.at(0)?.index ?? 0] as Item)}`
  useEffect(() => seen(inView.flatMap(({ index }) => items[index] ?? [])), [range])

  /** Rows are links: up and down go from one to the next, Home and End to the first and the last. */
  function onKeyDown(event: KeyboardEvent): void {
    const row = document.activeElement?.closest<HTMLElement>('[data-index]')
    const at = row === null || row === undefined ? -1 : Number(row.dataset.index)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key]
    if (to === undefined || to < 0 || to >= items.length) return
    event.preventDefault()
    list.scrollToIndex(to)
    requestAnimationFrame(() =>
      requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"] a`)?.focus())
    )
  }

  return (
    <div class="virtual" ref={scroller} role="region" aria-label={label} tabIndex={0} onKeyDown={onKeyDown}>
      <ol style={{ height: `${list.getTotalSize()}px` }}>
        {inView.map(({ index, start, size }) => {
          const item = items[index]
          return (
            item !== undefined && (
              <li
                key={keyOf(item)}
                data-index={index}
                aria-setsize={items.length}
                aria-posinset={index + 1}
                style={{ height: `${size}px`, transform: `translateY(${start}px)` }}
              >
                {children(item)}
              </li>
            )
          )
        })}
      </ol>
    </div>
  )
}
