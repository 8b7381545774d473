import { openControl, type Control } from "../demo/control.js";
import { startDemoProvider, type DemoProvider } from "../demo/provider.js";
import type { DemoPlan } from "./keys.js";

/** Between two words of a demo's stream, milliseconds: slow enough to be seen. */
const PACE = 60;

/** The demo providers of one gateway, and the port that `ai-failover demo` speaks to. */
export class Demos {
  private readonly providers: DemoProvider[] = [];
  private control: Control | undefined;

  /** The one that runs already under this name, or a new one. */
  readonly start = async ({ name, family, tokens, models }: DemoPlan): Promise<DemoProvider> => {
    const running = this.providers.find(provider => provider.name === name);
    if (running !== undefined) return running;
    const provider = await startDemoProvider({ name, family, tokens, models, pace: PACE, remember: 0 });
    this.providers.push(provider);
    this.control ??= await openControl(this.providers);
    return provider;
  };

  /** When real keys came. */
  async stop(): Promise<void> {
    await this.control?.close();
    this.control = undefined;
    await Promise.all(this.providers.splice(0).map(provider => provider.close()));
  }
}
