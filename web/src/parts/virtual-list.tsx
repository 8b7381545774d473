/** A long list of rows of one height, of which only those in sight are in the page. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rows above and below those in sight. */
const MARGIN = 10;
/** Shorter lists are in the page as a whole. */
const SHORT = 60;

interface VirtualListProps<Item> {
  items: readonly Item[];
  /** Of each row, CSS pixels. */
  height: number;
  label: string;
  keyOf: (item: Item) => string;
  /** The content of a row. */
  children: (item: Item) => ComponentChildren;
}

export function VirtualList<Item>({ items, height, label, keyOf, children }: VirtualListProps<Item>) {
  const list = useRef<HTMLOListElement>(null);
  const [first, setFirst] = useState(0);
  const isShort = items.length <= SHORT;
  const look = () => {
    const top = list.current?.getBoundingClientRect().top ?? 0;
    setFirst(Math.max(0, Math.floor(-top / height) - MARGIN));
  };
  useLayoutEffect(look, [items.length]);
  useEffect(() => {
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [height]);

  const from = isShort ? 0 : Math.min(first, items.length);
  const count = isShort ? items.length : Math.ceil(innerHeight / height) + 2 * MARGIN;
  const shown = items.slice(from, from + count);
  return (
    <ol
      ref={list}
      class="virtual"
      aria-label={label}
      style={{
        paddingTop: `${from * height}px`,
        paddingBottom: `${Math.max(0, items.length - from - shown.length) * height}px`,
      }}
    >
      {shown.map((item, i) => (
        <li
          key={keyOf(item)}
          aria-setsize={items.length}
          aria-posinset={from + i + 1}
          style={{ minHeight: `${height}px`, ...(isShort ? {} : { height: `${height}px`, overflow: "hidden" }) }}
        >
          {children(item)}
        </li>
      ))}
    </ol>
  );
}
