import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  parseDocument,
  type Document,
  type Node,
} from "yaml";
import { ConfigError, type Path, type Problem } from "./problem.js";

/** A configuration before it is checked: its value, and where each part of it stands. */
export interface Source {
  /** As errors name it. */
  name: string;
  /** What relative file names in it are relative to. */
  directory: string;
  value: unknown;
  /** Adds line and column to a problem. */
  locate(problem: Problem): Problem;
}

/** What stands at the path of a file that cannot be read, by the system's code. */
const UNREADABLE: Record<string, string> = {
  ENOENT: "nothing: there is no such file",
  EISDIR: "a directory",
  EACCES: "a file that this user may not read",
};

/** Reads YAML, and so JSON as well. */
export const readSource = (file: string): Source => parseSource(readText(file), file, dirname(resolve(file)));

/** The same of every document, as Kubernetes has them; an empty one is none. `nameOf`: what errors call it besides its file. */
export function readSources(file: string, nameOf: (value: unknown) => string | undefined): Source[] {
  const text = readText(file);
  const lines = new LineCounter();
  const documents = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })];
  const directory = dirname(resolve(file));
  const full = documents.filter(({ contents, errors }) => contents !== null || errors.length > 0);
  if (full.length < 2) return [parseSource(text, file, directory)];
  return full.map(document => {
    const source = toSource(document, lines, file, directory);
    const name = nameOf(source.value) ?? `document ${documents.indexOf(document) + 1}`;
    return { ...source, locate: problem => ({ ...source.locate(problem), document: name }) };
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConfigError(file, [
      {
        path: [],
        found: UNREADABLE[code] ?? `no file that can be read (${code})`,
        fix: "the path of a YAML or JSON file",
      },
    ]);
  }
}

export function parseSource(text: string, name: string, directory: string): Source {
  const lines = new LineCounter();
  return toSource(parseDocument(text, { lineCounter: lines, prettyErrors: false }), lines, name, directory);
}

function toSource(document: Document, lines: LineCounter, name: string, directory: string): Source {
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0)
    throw new ConfigError(
      name,
      document.errors.map(({ code, message, pos }) => ({
        ...{ path: [], ...at(pos[0]) },
        ...(code === "MULTIPLE_DOCS"
          ? { found: "a second document", fix: "one document in a file" }
          : { found: message, fix: "valid YAML or JSON" }),
      })),
    );
  const locate = (problem: Problem) => ({ ...problem, ...at(offsetOf(document, problem.path)) });
  return { name, directory, value: valueOf(document, name), locate };
}

/** Aliases are resolved only here, so this is where a wrong one, or one that grows without bound, is found. */
function valueOf(document: Document, name: string): unknown {
  try {
    const value: unknown = document.toJS();
    JSON.stringify(value); // what holds itself has no text
    return value;
  } catch (error) {
    const [found] = (error as Error).message.split("\n");
    throw new ConfigError(name, [{ path: [], found: found!, fix: "aliases of anchors that end above them" }]);
  }
}

/** A configuration that a program made: there is no text to point into. */
export function sourceOf(value: unknown, name: string, directory = process.cwd()): Source {
  return { name, directory, value: structuredClone(value), locate: problem => problem };
}

/** Where the key, the list member, or the nearest part above it that is in the text begins. */
function offsetOf(document: Document, path: Path): number {
  let node: Node | null | undefined = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      node = node.items[Number(key)] as Node | undefined;
      if (!node) break;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
