import { openControl, type Control } from "../demo/demo-control.js";
import { startDemoProvider, type DemoProvider } from "../demo/demo-provider.js";
import type { DemoPlan } from "./keys.js";

/** Between two words of a demo's stream, milliseconds: slow enough to be seen. */
const PACE = 60;

/** The demo providers of one gateway, and the port that `ai-failover demo` speaks to. */
export class Demos {
  private readonly providers: DemoProvider[] = [];
  private control: Control | undefined;

  /** @param directory where the port is found; default: the checkout's */
  constructor(private readonly directory?: string) {}

  /** The one that runs already under this name, or a new one. */
  readonly start = async ({ name, family, tokens, models }: DemoPlan): Promise<DemoProvider> => {
    const running = this.providers.find(provider => provider.name === name);
    if (running !== undefined) return running;
    const provider = await startDemoProvider({ name, family, tokens, models, pace: PACE, remember: 0 });
    this.providers.push(provider);
    return provider;
  };

  /** Those that run. */
  get running(): readonly DemoProvider[] {
    return this.providers;
  }

  /** Once the gateway runs: one that cannot start must not take the port's file from another that does. */
  async open(): Promise<void> {
    if (this.providers.length > 0) this.control ??= await openControl(this.providers, this.directory);
  }

  /** When real keys came. */
  async stop(): Promise<void> {
    await this.control?.close();
    this.control = undefined;
    await Promise.all(this.providers.splice(0).map(provider => provider.close()));
  }
}
