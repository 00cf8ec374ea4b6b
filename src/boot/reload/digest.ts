import { createHmac, hkdfSync } from 'node:crypto';
import { dirname, sep } from 'node:path';
import { isTree } from '../config/tree.ts';
import type { Config } from '../config/types.ts';
import { ORDERED, TAKES } from './settings.ts';

/** What each section says, as others can compare it and nobody can read it. */
export type Digests = Readonly<Record<string, string>>;

/** Each node's own. */
const OWN: ReadonlySet<string> = new Set(['log']);

/**
 * Digests of all sections that a reload changes. They lie in the durable store, and what they are made of holds
 * passwords that could be guessed: so under a key that the store doesn't have. `keys`: those that seal and open here;
 * nodes that change over from one to the next have both, in another order.
 */
export function digestsOf({ file, source }: Pick<Config, 'file' | 'source'>, keys: readonly Uint8Array[]): Digests {
  const [first = new Uint8Array()] = keys.map((key) => Buffer.from(key)).sort(Buffer.compare);
  const key = new Uint8Array(hkdfSync('sha256', first, new Uint8Array(), 'sallyport configuration 1', 32));
  const folder = dirname(file) + sep;
  const sections = Object.entries(TAKES).flatMap(([name, need]) =>
    need !== 'parts' && need.takes === 'reload' ? [name] : [],
  );
  return Object.fromEntries(
    sections
      .filter((name) => !OWN.has(name))
      .map((name) => {
        const [checked, written] = [source.checked[name] ?? null, source.written[name] ?? null];
        const order = ORDERED.has(name) && isTree(checked) ? Object.keys(checked) : [];
        const text = JSON.stringify([canonical(checked, written, folder), order]);
        return [name, createHmac('sha256', key).update(text).digest('base64url')];
      }),
  );
}

/** Keys in order, files relative to the configuration's own, and of what a reading makes anew what is written. */
function canonical(value: unknown, written: unknown, folder: string): unknown {
  if (typeof value === 'string') return value.startsWith(folder) ? `./${value.slice(folder.length)}` : value;
  if (Array.isArray(value))
    return value.map((item, at) => canonical(item, Array.isArray(written) ? written[at] : undefined, folder));
  if (typeof value === 'function') return written;
  if (!isTree(value)) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return written;
  const beside = isTree(written) ? written : {};
  return Object.keys(value)
    .sort()
    .map((key) => [key, canonical(value[key], beside[key], folder)]);
}
