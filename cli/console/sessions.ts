import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

/** How long a session lasts without being used, milliseconds. */
const IDLE = 12 * 3600_000;
/** Wrong passwords in a row that are answered at once; each further one waits for its turn. */
const FREE_TRIES = 5;
/** Between two tries after that, milliseconds. */
const PAUSE = 10_000;
/** More sessions than people: the oldest goes when another comes. */
const MOST_SESSIONS = 100;

export type Login = { session: string } | { retryInMs: number } | { triesLeft: number };

/** Who may use the console: everybody who reaches it, or who knows the password. Sessions end with the process. */
export class Sessions {
  private readonly salt = randomBytes(16);
  private readonly expected: Buffer | undefined;
  /** When each session was used last, by its id. */
  private readonly used = new Map<string, number>();
  private failures = 0;
  private lastFailure = 0;

  constructor(
    password: string | undefined,
    private readonly now: () => number = Date.now,
  ) {
    if (password !== undefined) this.expected = this.digest(password);
  }

  get needsPassword(): boolean {
    return this.expected !== undefined;
  }

  isKnown(session: string | undefined): boolean {
    if (this.expected === undefined) return true;
    if (session === undefined) return false;
    const last = this.used.get(session);
    if (last === undefined) return false;
    this.used.delete(session);
    if (this.now() - last > IDLE) return false;
    this.used.set(session, this.now());
    return true;
  }

  /** A new session for the right password; how long to wait, or how many tries are left, for a wrong one. */
  login(password: string): Login {
    if (this.expected === undefined) return { session: this.open() };
    const wait = this.failures >= FREE_TRIES ? this.lastFailure + PAUSE - this.now() : 0;
    if (wait > 0) return { retryInMs: wait };
    if (timingSafeEqual(this.digest(password), this.expected)) {
      this.failures = 0;
      return { session: this.open() };
    }
    this.failures++;
    this.lastFailure = this.now();
    return this.failures >= FREE_TRIES ? { retryInMs: PAUSE } : { triesLeft: FREE_TRIES - this.failures };
  }

  logout(session: string): void {
    this.used.delete(session);
  }

  private open(): string {
    const session = randomBytes(32).toString("base64url");
    if (this.used.size >= MOST_SESSIONS) this.used.delete(this.used.keys().next().value!);
    this.used.set(session, this.now());
    return session;
  }

  private digest(password: string): Buffer {
    return scryptSync(password, this.salt, 32);
  }
}
