import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

describe("the gateway's image", () => {
  const stage = readFileSync("Dockerfile", "utf8").split("AS gateway")[1]!.split("\nFROM ")[0]!;

  it("holds what the documents say: no compiler, no sources, no configuration; and runs as nobody of importance", () => {
    const copied = [...stage.matchAll(/^COPY --from=(\w+) (\S+)/gm)].map(([, from, path]) => `${from} ${path}`);
    expect(copied).toEqual([
      "envoy /usr/local/bin/envoy",
      "envoy /etc/ssl/certs/ca-certificates.crt",
      ...["package.json", "schema", "node_modules", "build"].map(path => `build /app/${path}`),
    ]);
    expect(stage).toMatch(/^USER 1000$/m);
  });

  it("is built without a script of any package", () => {
    for (const [command] of readFileSync("Dockerfile", "utf8").matchAll(/npm ci.*/g))
      expect(command).toContain("--ignore-scripts");
  });
});
