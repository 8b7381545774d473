/** One Envoy process: its clock, what its VMs share, and what went wrong. */
import { Clock } from "./virtual-clock.js";
import { Metrics, SharedData } from "./host-store.js";

/** The module did what a host may answer with anything: the test fails. */
export class HostViolation extends Error {}

export type Level = "trace" | "debug" | "info" | "warn" | "error" | "critical";
export const LEVELS: Level[] = ["trace", "debug", "info", "warn", "error", "critical"];

export interface LogLine {
  level: Level;
  text: string;
  /** "worker 0", "main", "canary". */
  thread: string;
  at: number;
}

export interface Trap {
  thread: string;
  callback: string;
  reason: string;
}

export class Process {
  readonly shared = new SharedData();
  readonly metrics = new Metrics();
  readonly logs: LogLine[] = [];
  readonly traps: Trap[] = [];
  logLevel: Level = "info";
  /** What a host call answers in place of what it does; undefined: nothing is in its way. */
  hinder: (call: string) => number | undefined = () => undefined;

  constructor(
    private seed = 1,
    /** One for all processes that a test lets run side by side. */
    readonly clock = new Clock(),
  ) {}

  /** Fails the test, at once and through whatever is on the stack. */
  violate(what: string): never {
    throw new HostViolation(what);
  }

  /** 32 random bits, the same ones in each run (mulberry32). */
  random(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
}
