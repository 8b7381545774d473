import type { GatewayConfig } from "../config/config-types.js";

/**
 * The lists of variables that earlier configurations had: in hop mode each has an internal listener of its own, which stays until
 * no request can need it any more.
 */
export class EarlierVariables {
  private known: { variables: string[]; goes: number }[] = [];

  /** @param stay how long a request may outlive the configuration that it began under, milliseconds */
  constructor(private readonly stay: number) {}

  /** Envoy had the one and has the other now. */
  serve(before: GatewayConfig, config: GatewayConfig, now = performance.now()): void {
    if (isSame(before.variables, config.variables)) return;
    this.known = this.known.filter(
      ({ variables }) => ![before, config].some(each => isSame(each.variables, variables)),
    );
    this.known.push({ variables: before.variables, goes: now + this.stay });
  }

  /** What is to stand beside this configuration's own while it takes the place of `before`. */
  besides(before: GatewayConfig, config: GatewayConfig): string[][] {
    const others = this.known.map(({ variables }) => variables).filter(list => !isSame(list, before.variables));
    return [...others, before.variables].filter(list => !isSame(list, config.variables));
  }

  /** Forgets those whose time is over; says whether there were any. */
  prune(now = performance.now()): boolean {
    const stay = this.known.filter(({ goes }) => goes > now);
    const isOver = stay.length < this.known.length;
    this.known = stay;
    return isOver;
  }
}

const isSame = (one: string[], other: string[]): boolean => JSON.stringify(one) === JSON.stringify(other);
