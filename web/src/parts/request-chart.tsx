/** How many requests ended how, bar by bar: drawn by uPlot, over the whole width of its place, so that it aligns with the lanes. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Timeline } from "../../../cli/console/console-types.js";
import { isDark } from "../console-state.js";

const HEIGHT = 80;

/** From the bottom up: which of a bucket's counts, and in which colour. */
const LAYERS: { of: number[]; colour: string; isHatched?: boolean }[] = [
  { of: [0], colour: "--green" },
  { of: [1], colour: "--blue" },
  { of: [2, 3, 5], colour: "--edge" },
  { of: [4], colour: "--red", isHatched: true },
];

export function RequestChart({ timeline, label }: { timeline: Timeline; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current!;
    const chart = draw(element, timeline);
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [timeline, isDark.value]);
  return <div class="chart" ref={place} role="img" aria-label={label} />;
}

function draw(element: HTMLElement, { buckets, begin, end, bucketMs }: Timeline): uPlot {
  const style = getComputedStyle(document.documentElement);
  const times = buckets.map((_, i) => (begin + (i + 0.5) * bucketMs) / 1000);
  // Each layer is drawn from the bottom to its top, the highest first.
  const tops = LAYERS.map((_, layer) =>
    buckets.map(counts =>
      LAYERS.slice(0, layer + 1)
        .flatMap(({ of }) => of)
        .reduce((sum, i) => sum + (counts[i] ?? 0), 0),
    ),
  ).reverse();
  const most = Math.max(1, ...tops[0]!);
  const bars = uPlot.paths.bars!({ size: [0.8, 40] });
  const series = [...LAYERS].reverse().map(({ colour, isHatched }): uPlot.Series => {
    const value = style.getPropertyValue(colour).trim();
    return { paths: bars, width: 0, points: { show: false }, fill: isHatched ? hatch(value) : value };
  });
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      padding: [4, 0, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { x: { range: [begin / 1000, end / 1000] }, y: { range: [0, most] } },
      series: [{}, ...series],
    },
    [times, ...tops],
    element,
  );
}

/** Failed requests differ by more than their colour. */
function hatch(colour: string): CanvasPattern | string {
  const size = 6;
  const tile = new OffscreenCanvas(size, size);
  const pen = tile.getContext("2d");
  if (pen === null) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = 2.5;
  for (const at of [-size, 0, size]) {
    pen.moveTo(at, size);
    pen.lineTo(at + size, 0);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat") ?? colour;
}
