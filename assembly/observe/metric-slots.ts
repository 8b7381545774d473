/**
 * What is counted, until the next tick writes it: the request path adds to sums of its own and asks nothing of the host. A slot is one
 * metric with its labels; a configuration that has it already gets the same one, so that reloads grow nothing.
 */
import * as host from "../proxywasm/host";
import { MetricKind, MetricRow, metricName } from "./metric-table";

const slots = new Map<string, i32>();
const ids: u32[] = [];
/** By slot: what is not written yet. */
const sums: u64[] = [];
/** Slots whose sum is not 0; as long as `ids`. */
const dirty: i32[] = [];
let dirtyCount: i32 = 0;

/** Observed values that are not written yet. */
@unmanaged
class Observed {
  id: u32;
  value: u64;
}
const MOST_OBSERVED: i32 = 512;
const observed: usize = heap.alloc(<usize>MOST_OBSERVED * offsetof<Observed>());
let observedCount: i32 = 0;

function observedAt(i: i32): Observed {
  return changetype<Observed>(observed + <usize>i * offsetof<Observed>());
}

/** Defines a metric with its labels. Allocates: for configuration time. */
export function slotOf(row: MetricRow, labels: string[]): i32 {
  const name = metricName(row, labels);
  if (slots.has(name)) return slots.get(name);
  const slot = ids.length;
  ids.push(host.defineMetric(<host.Metric>(<i32>row.kind), name));
  sums.push(0);
  dirty.push(0);
  values.push(0);
  rounds.push(0);
  written.push(NEVER);
  if (row.kind == MetricKind.Gauge) gauges.push(slot);
  slots.set(name, slot);
  return slot;
}

/** Counts. */
export function add(slot: i32, by: u64 = 1): void {
  if (by == 0) return;
  const sum = unchecked(sums[slot]);
  if (sum == 0) unchecked((dirty[dirtyCount++] = slot));
  unchecked((sums[slot] = sum + by));
}

/** A value of a histogram. */
export function observe(slot: i32, value: u64): void {
  if (observedCount == MOST_OBSERVED) flush();
  const next = observedAt(observedCount++);
  next.id = unchecked(ids[slot]);
  next.value = value;
}

/** Writes what was counted. */
export function flush(): void {
  for (let i = 0; i < dirtyCount; i++) {
    const slot = unchecked(dirty[i]);
    host.increment(unchecked(ids[slot]), unchecked(sums[slot]));
    unchecked((sums[slot] = 0));
  }
  dirtyCount = 0;
  for (let i = 0; i < observedCount; i++) host.record(observedAt(i).id, observedAt(i).value);
  observedCount = 0;
}

// === Gauges: all workers compute the same values, and write them in rounds ===

/** Slots of gauges. */
const gauges: i32[] = [];
/** By slot: the value of this round, the round that it is of, and what was written last. */
const values: u64[] = [];
const rounds: u32[] = [];
const written: u64[] = [];
const NEVER: u64 = u64.MAX_VALUE;
let round: u32 = 1;

/** A gauge's value in this round. Where two configurations have it, the larger one counts: it is the worse one. */
export function put(slot: i32, value: u64): void {
  const most = unchecked(rounds[slot]) == round ? max(value, unchecked(values[slot])) : value;
  unchecked((rounds[slot] = round));
  unchecked((values[slot] = most));
}

/**
 * Ends a round. What has no value in it belongs to no configuration any more, and is 0. What is 0 and was so before needs no other word: a
 * worker that has written something else since goes on writing.
 */
export function writeGauges(): void {
  for (let i = 0, k = gauges.length; i < k; i++) {
    const slot = unchecked(gauges[i]);
    const value = unchecked(rounds[slot]) == round ? unchecked(values[slot]) : 0;
    if (value != 0 || unchecked(written[slot]) != 0) host.record(unchecked(ids[slot]), value);
    unchecked((written[slot] = value));
  }
  round++;
}

/** What all workers have written. */
export function valueOf(slot: i32): i64 {
  return host.metricValue(unchecked(ids[slot]));
}
