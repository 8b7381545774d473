import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The directory of this package: the same for the sources and for what is compiled from them, which lies deeper. */
export const packageRoot = (() => {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "schema/ai-failover.schema.json"))) directory = dirname(directory);
  return directory;
})();
