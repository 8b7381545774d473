import { Bytes } from "../text/bytes";

/** Where and how one dialect of a provider is reached. */
export class Endpoint {
  cluster!: Bytes;
  authority!: Bytes;
  /** Put before the API path without its "/v1": "/compatible-mode/v1" + "/chat/completions". */
  base!: Bytes;
  /** Added to the query, without '?'. Can hold "{model}" (Azure). */
  query: Bytes | null = null;
  /** Lower case: "authorization", "x-api-key", "api-key". */
  authHeader!: Bytes;
  /** "Bearer " is put before the token. */
  hasBearerPrefix: bool = true;
  /** The client's path is sent unchanged (type generic). */
  keepsPath: bool = false;
  /** Added when the client did not send it: "anthropic-version"; null: none. */
  versionHeader: Bytes | null = null;
  versionValue: Bytes | null = null;
}
