import { expect, it } from 'vitest';
import { galleryRenderer, samples } from '../support/gallery.ts';

const { html, assets } = galleryRenderer();
const sheets = new Map([...assets].filter(([path]) => path.endsWith('.css')));
const styled = new Map(
  [...sheets].map(([path, { body }]) => [
    path,
    new Set([...body.toString('utf8').matchAll(/\.([a-z][a-z0-9-]*)/g)].map(([, name = '']) => name)),
  ]),
);

/** Classes on a page that some sheet has rules for, and none of its own. */
function unstyled(page: string): string[] {
  const linked = [...page.matchAll(/<link rel="stylesheet" href="([^"?]+)/g)].map(([, path = '']) => path);
  // Of `body` they say how the page stands, which matters to some sheets alone.
  const inside = page.replace(/<body[^>]*>/, '');
  const classes = new Set([...inside.matchAll(/\bclass="([^"]+)"/g)].flatMap(([, names = '']) => names.split(' ')));
  expect(linked.length).toBeGreaterThan(2);
  const has = (paths: Iterable<string>, name: string) => [...paths].some((path) => styled.get(path)?.has(name));
  return [...classes].filter((name) => has(styled.keys(), name) && !has(linked, name));
}

it('every page has the sheets that its classes are in', () => {
  const faults = samples.map((sample) => ({ name: sample.name, unstyled: unstyled(html(sample, 'en')) }));
  expect(faults.filter(({ unstyled: names }) => names.length > 0)).toEqual([]);
});
