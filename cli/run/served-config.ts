import { addressText } from "../config/listen-address.js";
import type { AdminAddress, GatewayConfig } from "../config/config-types.js";
import type { Besides, RunFiles } from "../render/render-envoy.js";
import { longestTimeout } from "../render/render-options.js";
import { Clusters } from "./cluster-names.js";
import { EarlierVariables } from "./earlier-variables.js";
import type { RunDirectory } from "./run-files.js";
import type { Loaded } from "./load-served.js";
import { listensOf } from "./ports.js";
import { update, type Outcome } from "./update.js";

/** How long a request may outlive the configuration that it began under, at least, seconds: room for edits of `timeout`. */
const OUTLIVES = 3600;

/** Envoy counts that time from when it took an edit, milliseconds. */
const SLACK = 10_000;

export const drainTimeOf = (config: GatewayConfig): number =>
  Math.max(OUTLIVES, Math.ceil(longestTimeout(config) / 1000));

/** Writes what Envoy reads of a configuration; `besides`: what is to be there as well. */
export type Render = (config: GatewayConfig, besides?: Besides) => RunFiles;

/** What Envoy serves, from edit to edit. */
export class Served {
  private readonly clusters: Clusters;
  private readonly variables: EarlierVariables;
  /** How long Envoy lets requests outlive their configuration, seconds. */
  private readonly drainTime: number;
  /** How long a cluster stays that no configuration names any more, milliseconds. */
  private readonly stay: number;

  constructor(
    /** What it started with. */
    private current: Loaded,
    private readonly directory: RunDirectory,
    private readonly render: Render,
    private readonly admin: AdminAddress,
  ) {
    this.drainTime = drainTimeOf(current.config);
    this.stay = this.drainTime * 1000 + SLACK;
    this.clusters = new Clusters(current.config, this.stay);
    this.variables = new EarlierVariables(this.stay);
  }

  get loaded(): Loaded {
    return this.current;
  }

  /** The fields of another configuration that an Envoy which runs cannot take. */
  fixed({ config, env }: Loaded): string[] {
    const before = listensOf(this.current.config).map(([field, address]) => `${field} ${addressText(address)}`);
    const moved = listensOf(config).filter(([field, address]) => !before.includes(`${field} ${addressText(address)}`));
    return [
      ...moved.map(([field]) => field),
      // Its environment is fixed when it starts.
      ...config.variables.filter(name => this.current.env[name] !== env[name]),
      ...(longestTimeout(config) > this.drainTime * 1000 ? [`a timeout above ${this.drainTime}s`] : []),
    ];
  }

  /** Lets Envoy serve another configuration; one that it refuses changes nothing. `later` is called when old clusters may go. */
  async apply(loaded: Loaded, later: () => void): Promise<Outcome> {
    const config = this.clusters.named(loaded.config);
    const outcome = await this.update(config);
    if (outcome === "refused") {
      // Not to be found by an Envoy that is started again.
      this.directory.putAll(this.filesOf(this.current.config));
      return outcome;
    }
    this.clusters.serve(config);
    this.variables.serve(this.current.config, config);
    this.current = { ...loaded, config };
    setTimeout(later, this.stay).unref();
    return outcome;
  }

  /** Takes away the clusters that nobody can ask for any more. */
  async clear(): Promise<void> {
    const isOver = [this.clusters.prune(), this.variables.prune()];
    if (isOver.includes(true)) await this.update(this.current.config);
  }

  private update(config: GatewayConfig): Promise<Outcome> {
    return update(this.directory, this.filesOf(config), this.admin);
  }

  private filesOf(config: GatewayConfig): RunFiles {
    const variables = this.variables.besides(this.current.config, config);
    return this.render(config, { targets: this.clusters.besides(config), variables });
  }
}
