import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CHART = fileURLToPath(new URL('../../../deploy/helm/sallyport', import.meta.url));
/** Values of a rendering that is kept beside them. */
export const RENDERINGS = ['plain', 'full'] as const;

export type Rendering = (typeof RENDERINGS)[number];

export const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** SHA-256 of the chart and the values: whether a rendering is of the chart as it stands. */
export function sourceOf(rendering: Rendering): string {
  const hash = createHash('sha256');
  const names = readdirSync(CHART, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const name of names) {
    const text = readFileSync(name);
    hash.update(`${relative(CHART, name)} ${text.length}\n`).update(text);
  }
  hash.update(readFileSync(pathOf(`${rendering}.values.yaml`)));
  return hash.digest('hex');
}
