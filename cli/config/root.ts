import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The directory of this package: the same for the sources and for what is compiled from them, which lies deeper. */
export const packageRoot = (() => {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "schema/ai-failover.schema.json"))) return directory;
    if (directory === dirname(directory)) throw new Error(`${start} is in no package of ai-failover`);
  }
})();
