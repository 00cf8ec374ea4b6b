import { readFileSync } from 'node:fs';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigFault } from '../../core/errors.ts';
import { isTree, type Path, type Tree } from './tree.ts';

/** A configuration file as read, with the line of each of its parts. */
export interface Source {
  tree: Tree;
  faults: ConfigFault[];
  /** Line of the part at a path, or of the nearest part above it. */
  lineOf(path: Path): number | undefined;
}

const PLUGIN_SECTIONS: ReadonlySet<string> = new Set(['directories', 'factors', 'senders', 'doors']);

/** Reads YAML 1.2. An unreadable or malformed file gives faults, which call it `file`, and an empty tree. */
export function readSource(path: string, file: string): Source {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { tree: {}, faults: [{ file, path: '', message: `can't be read (${code})` }], lineOf: () => undefined };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const line = (offset: number): number => lines.linePos(offset).line;
  const faults = document.errors.map((error) => ({
    file,
    path: '',
    line: line(error.pos[0]),
    message: error.message.split('\n')[0] ?? error.message,
  }));
  if (faults.length > 0) return { tree: {}, faults, lineOf: () => undefined };
  return { ...plain(document, file), lineOf: (path) => offsetOf(document, path, line) };
}

function plain(document: Document, file: string): { tree: Tree; faults: ConfigFault[] } {
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (isTree(value)) return { tree: withoutEmptySections(value), faults: [] };
  return { tree: {}, faults: [{ file, path: '', message: 'must be a map of sections' }] };
}

/**
 * A section whose entries are all commented out is as good as absent, and `factors: { x: }` as
 * `{ x: {} }`. Deeper down null stays null and is refused: `groups:` left empty in a rule would match everybody.
 */
function withoutEmptySections(tree: Tree): Tree {
  const sections = Object.entries(tree).filter(([, value]) => value !== null);
  return Object.fromEntries(sections.map(([key, value]) => [key, PLUGIN_SECTIONS.has(key) ? filled(value) : value]));
}

function filled(section: unknown): unknown {
  if (!isTree(section)) return section;
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key, value ?? {}]));
}

function offsetOf(document: Document, path: Path, line: (offset: number) => number): number | undefined {
  let node: unknown = document.contents;
  let found: number | undefined;
  for (const part of path) {
    const [key, value] = childOf(node, part);
    const start = (key as Node | undefined)?.range?.[0];
    if (start === undefined) break;
    found = line(start);
    node = value;
  }
  return found;
}

/** The node that a line is shown for, and the node to go on with. */
function childOf(node: unknown, part: string | number): [unknown, unknown] {
  if (isSeq(node)) return [node.items[Number(part)], node.items[Number(part)]];
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === part) : undefined;
  return [pair?.key, pair?.value];
}
