import type { Environment } from "../config/expand.js";
import type { GatewayConfig } from "../config/config-types.js";
import type { Fault } from "../demo/demo-fault.js";
import type { Preview } from "./config-editor.js";
import type { ConsoleState, DemoState, FreshRequests } from "./console-types.js";
import type { RequestRecord } from "./request-record.js";

/** Where records of the last requests come from. */
export interface RequestSource {
  /** The newest last. */
  read(): readonly RequestRecord[];
  /** Those that came after the first `seen`. */
  since(seen: number): FreshRequests;
}

/** The running gateway, as the console needs it. */
export interface ConsoleHost {
  /** The configuration file's path. */
  readonly file: string;
  /** What is served now. */
  readonly config: GatewayConfig;
  /** With the tokens of demo providers. */
  readonly env: Environment;
  /** What the pages are told of it. */
  describe(): ConsoleState["gateway"];
  /** What would become of a text that is not saved. */
  preview(text: string): Promise<Preview>;
  /** What the module would be given for a text that is not saved. Throws its mistakes. */
  candidate(text: string): Promise<object>;
  /** Serves what the file says now; answers what came of it, in sentences. */
  reload(): Promise<string>;
  /** The last requests; absent where the gateway writes no records. */
  readonly records?: RequestSource;
  demos(): DemoState[];
  /** `token` "*": all of the provider's. */
  setDemo(provider: string, token: string, fault: Fault): Promise<void>;
  resetDemos(): Promise<void>;
}
