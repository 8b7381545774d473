import { readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

/** A request, or a provider's answer, that has this header makes the patched module trap. */
export const TRAP = "x-test-trap";

/** Where it traps, each place named by what stands before it in the source. */
const PLACES = [
  { file: "assembly/filters/gateway-filter.ts", before: "const head = readRequestHead(list, length);", map: "Request" },
  {
    file: "assembly/filters/attempt-filter.ts",
    before: "const decision = delivery.headers(a, end, now);",
    map: "Response",
  },
  {
    file: "assembly/filters/direct-attempt.ts",
    before: "const decision = delivery.headers(a, end, now);",
    map: "Response",
  },
  {
    file: "assembly/filters/callout-answer.ts",
    before: "const head = responseHead.readResponseHead(",
    map: "CalloutResponse",
  },
];

function patched(name: string, text: string): string {
  const place = PLACES.find(({ file }) => file === name);
  if (place === undefined) return text;
  if (!text.includes(place.before)) throw new Error(`${name} has no "${place.before}"`);
  const trap = `if (host.header(host.HeaderMap.${place.map}, SAYS_TRAP)) unreachable();`;
  const bytes = `import { Bytes as TrapBytes } from "../text/bytes";\nconst SAYS_TRAP = TrapBytes.of("${TRAP}");`;
  return `${bytes}\n${text.replace(place.before, `${trap}\n${place.before}`)}`;
}

/** The shipped module, but for its traps. */
export async function compileWithTraps(outFile: string): Promise<void> {
  const { error, stderr } = await asc.main(["--target", "release", "--optimizeLevel", "1", "--outFile", outFile], {
    readFile: name => {
      try {
        return patched(name.replaceAll("\\", "/"), readFileSync(name, "utf8"));
      } catch (failure) {
        if ((failure as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw failure;
      }
    },
    writeFile: (name, contents) => writeFileSync(name, contents),
  });
  if (error) throw new Error(`the patched module does not compile:\n${stderr.toString()}`);
}
