import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { gzipOf } from "../../cli/pack/gzip.js";
import { readRelease, sha256 } from "../../cli/pack/release.js";
import { writeRelease } from "../../cli/pack/write-release.js";
import { tarOf } from "../../cli/pack/tar.js";

const directory = mkdtempSync(join(tmpdir(), "pack-"));
const [first, second] = [join(directory, "first"), join(directory, "second")];

const filesOf = (root: string) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
const read = (path: string) => readFileSync(join(first, path));

beforeAll(() => {
  writeRelease(readRelease(), first);
  writeRelease(readRelease(), second);
});

describe("a release", () => {
  it("has the same bytes whenever it is packed", () => {
    expect(filesOf(second)).toEqual(filesOf(first));
    for (const path of filesOf(first)) expect(sha256(readFileSync(join(second, path)))).toBe(sha256(read(path)));
  });

  it("has the module with its checksum, the schema, the licence and the examples", () => {
    expect(read("ai-failover.wasm.sha256").toString()).toBe(`${sha256(read("ai-failover.wasm"))}  ai-failover.wasm\n`);
    expect(read("ai-failover.schema.json")).toEqual(readFileSync("schema/ai-failover.schema.json"));
    expect(read("LICENSE")).toEqual(readFileSync("LICENSE"));
    for (const name of filesOf("envoy")) expect(read(`examples/${name}`)).toEqual(readFileSync(join("envoy", name)));
  });

  it("takes nothing of an earlier one over", () => {
    writeFileSync(join(second, "old"), "");
    writeRelease(readRelease(), second);
    expect(filesOf(second)).toEqual(filesOf(first));
  });
});

describe("the bill of materials", () => {
  it("names the module by its hash, and the version of AssemblyScript that is installed", () => {
    const { version } = JSON.parse(readFileSync("node_modules/assemblyscript/package.json", "utf8")) as {
      version: string;
    };
    const bom = JSON.parse(read("ai-failover.cdx.json").toString()) as Record<string, unknown>;
    expect(bom).toMatchObject({
      bomFormat: "CycloneDX",
      metadata: { component: { hashes: [{ alg: "SHA-256", content: sha256(read("ai-failover.wasm")) }] } },
      components: [{ name: "assemblyscript", version, licenses: [{ license: { id: "Apache-2.0" } }] }],
    });
  });

  it("is whole: the module's sources import nothing but each other", () => {
    const sources = filesOf("assembly").filter(name => name.endsWith(".ts"));
    expect(sources.length).toBeGreaterThan(50);
    const imports = sources.flatMap(name =>
      [...readFileSync(join("assembly", name), "utf8").matchAll(/^(?:import|export) .*? from "(.*)";/gms)].map(
        ([, from]) => from!,
      ),
    );
    expect(imports.filter(from => !from.startsWith("."))).toEqual([]);
  });
});

describe("the image", () => {
  interface Descriptor {
    digest: string;
    size: number;
  }
  const blob = ({ digest, size }: Descriptor) => {
    const bytes = read(`image/blobs/${digest.replace(":", "/")}`);
    expect([sha256(bytes), bytes.length]).toEqual([digest.slice("sha256:".length), size]);
    return bytes;
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the image specification says
  const parse = (bytes: Buffer): any => JSON.parse(bytes.toString());

  it("is a layout of one index, for both processors, with plugin.wasm alone", () => {
    expect(parse(read("image/oci-layout"))).toEqual({ imageLayoutVersion: "1.0.0" });
    const [entry, ...others] = parse(read("image/index.json")).manifests;
    expect(others).toEqual([]);
    const { manifests } = parse(blob(entry));
    expect(manifests.map(({ platform }: { platform: unknown }) => platform)).toEqual([
      { architecture: "amd64", os: "linux" },
      { architecture: "arm64", os: "linux" },
    ]);
    for (const descriptor of manifests) {
      const { config, layers } = parse(blob(descriptor));
      const tar = gunzipSync(blob(layers[0]));
      expect(layers).toHaveLength(1);
      expect(parse(blob(config))).toMatchObject({ rootfs: { diff_ids: [`sha256:${sha256(tar)}`] } });
      writeFileSync(join(directory, "layer.tar"), tar);
      const list = spawnSync("tar", ["-tvf", join(directory, "layer.tar")], { encoding: "utf8" }).stdout;
      expect(list.trim().split("\n")).toEqual([expect.stringMatching(/^-rw-r--r-- .* plugin\.wasm$/)]);
      const { stdout } = spawnSync("tar", ["-xOf", join(directory, "layer.tar")], { maxBuffer: 2 ** 26 });
      expect(sha256(stdout)).toBe(sha256(read("ai-failover.wasm")));
    }
  });

  it("goes to a registry and back by the library that Istio uses", async context => {
    const execute = promisify(execFile);
    const go = (...args: string[]) => execute("go", args, { cwd: "tests/cli/registry" });
    // No Go here, one too old, or no network: the test above stands alone.
    if (!(await go("mod", "download").catch(() => false))) return context.skip();
    const client = join(directory, "client");
    await go("build", "-o", client, ".");
    const { stdout, stderr } = await execute(client, [join(first, "image")]);
    const hash = sha256(read("ai-failover.wasm"));
    expect([stderr, stdout]).toEqual(["", `amd64 ${hash}\narm64 ${hash}\n`]);
  }, 180_000);
});

describe("our own archives are read by others", () => {
  it.each([0, 1, 511, 512, 65_535, 65_536, 200_000])("of %i bytes", size => {
    const content = Buffer.alloc(size, "x");
    expect(gunzipSync(gzipOf(content)).equals(content)).toBe(true);
    expect(tarOf("a", content).length % 512).toBe(0);
  });
});
