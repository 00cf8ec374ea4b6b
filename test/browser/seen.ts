import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Visitor } from './visitor.ts';

/** Where pictures of the pages of a walk go, to be looked at. */
const SHOTS = process.env.SALLYPORT_SHOTS;

/** The page that is there has no faults and is no wider than the window; with `SALLYPORT_SHOTS` it is kept as a picture. */
export async function seen(me: Visitor, variant: string, name: string): Promise<void> {
  expect(await me.faults()).toEqual([]);
  expect(await me.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await me.page.emulateMedia({ colorScheme: variant.includes('dark') ? 'dark' : 'light' });
  await me.page.screenshot({ path: join(SHOTS, `${variant}-${name}.png`), fullPage: true });
}
