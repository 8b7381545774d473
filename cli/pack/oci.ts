import { gzipOf } from "./gzip.js";
import { sha256, type Release } from "./release.js";
import { tarOf } from "./tar.js";

/** Files by their path. */
export type Files = Map<string, Buffer>;

/** The module is the same for every processor; a container engine wants to be told one. */
const ARCHITECTURES = ["amd64", "arm64"];

const MEDIA = "application/vnd.oci.image.";

/**
 * The image that Higress and Istio load, as an OCI image layout (image-spec 1.1): from scratch, with one layer that holds
 * plugin.wasm. They take a gzipped layer only.
 */
export function imageLayout({ module, version, license, description }: Release): Files {
  const files: Files = new Map();
  const store = (kind: string, bytes: Buffer) => {
    const hash = sha256(bytes);
    files.set(`blobs/sha256/${hash}`, bytes);
    return { mediaType: MEDIA + kind, digest: `sha256:${hash}`, size: bytes.length };
  };
  const annotations = Object.fromEntries(
    Object.entries({ title: "ai-failover", description, version, licenses: license }).map(([name, text]) => [
      `org.opencontainers.image.${name}`,
      text,
    ]),
  );
  const tar = tarOf("plugin.wasm", module);
  const layer = store("layer.v1.tar+gzip", gzipOf(tar));
  const rootfs = { type: "layers", diff_ids: [`sha256:${sha256(tar)}`] };
  const manifests = ARCHITECTURES.map(architecture => {
    const platform = { architecture, os: "linux" };
    const config = store("config.v1+json", json({ ...platform, config: {}, rootfs }));
    const kind = "manifest.v1+json";
    const manifest = { schemaVersion: 2, mediaType: MEDIA + kind, config, layers: [layer], annotations };
    return { ...store(kind, json(manifest)), platform };
  });
  const kind = "index.v1+json";
  const head = { schemaVersion: 2, mediaType: MEDIA + kind };
  const image = store(kind, json({ ...head, manifests, annotations }));
  const named = { ...image, annotations: { "org.opencontainers.image.ref.name": version } };
  files.set("index.json", json({ ...head, manifests: [named] }));
  files.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  return files;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
