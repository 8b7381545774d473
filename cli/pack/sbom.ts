import { sha256, type Release } from "./release.js";

/**
 * What is in the module, as CycloneDX 1.6: our own code, and of AssemblyScript the standard library and the runtime.
 * Without a time and a serial number, so that the same module has the same text.
 */
export function sbomOf({ module, version, license, description, assemblyscript }: Release): string {
  const own = {
    ...{ type: "application", "bom-ref": "ai-failover", name: "ai-failover", version, description },
    hashes: [{ alg: "SHA-256", content: sha256(module) }],
    licenses: [{ license: { id: license } }],
  };
  const purl = `pkg:npm/assemblyscript@${assemblyscript.version}`;
  const library = {
    ...{ type: "library", "bom-ref": purl, name: "assemblyscript", version: assemblyscript.version },
    description: "its standard library and runtime are compiled in",
    hashes: [{ alg: "SHA-512", content: assemblyscript.sha512 }],
    licenses: [{ license: { id: assemblyscript.license } }],
    purl,
  };
  const bom = {
    ...{ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 },
    metadata: { component: own },
    components: [library],
    dependencies: [{ ref: own["bom-ref"], dependsOn: [purl] }, { ref: purl }],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}
