import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APP, versionModule } from '../src/factors/push/testing/app-version.ts';
import { launch } from '../test/support/chromium.ts';

/**
 * Writes what of the authenticator app is made from something else: icons from the mark, and with the rest of its
 * files the version that the service worker keeps them under. To be run after each change of the app,
 * or of what it takes of the pages.
 */

const MARK = readFileSync(new URL('../views/assets/mark.svg', import.meta.url), 'utf8').trim();
const ICONS = join(APP, 'icons');

const arch = /<g .*<\/g>/s.exec(MARK)?.[0] ?? '';
const ground = /fill="(#\w+)"/.exec(MARK)?.[1] ?? '';

const around = (inside: string) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${inside}</svg>`;
/** To the edges, for systems that cut their own shape; `part` of it is the drawing. */
const full = (part: number) =>
  around(
    `<rect width="32" height="32" fill="${ground}"/><g transform="translate(${16 - 16 * part} ${16 - 16 * part}) scale(${part})">${arch}</g>`,
  );
/** One colour, which the system chooses, on nothing; larger, for it is shown small. */
const badge = around(`<g transform="translate(-4 -4) scale(1.25)">${arch}</g>`);

const PICTURES: readonly [name: string, drawing: string, size: number][] = [
  ['192', MARK, 192],
  ['512', MARK, 512],
  // What any shape leaves is a circle of 80 % (W3C, Web Application Manifest, icon masks).
  ['maskable', full(0.78), 512],
  ['apple', full(0.92), 180],
  ['badge', badge, 96],
];

mkdirSync(ICONS, { recursive: true });
writeFileSync(join(ICONS, 'mark.svg'), `${MARK}\n`);
const browser = await launch();
try {
  for (const [name, drawing, size] of PICTURES) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const source = `data:image/svg+xml;base64,${Buffer.from(drawing).toString('base64')}`;
    await page.setContent(
      `<style>body{margin:0}</style><img src="${source}" width="${size}" height="${size}" style="display:block">`,
    );
    writeFileSync(join(ICONS, `${name}.png`), await page.screenshot({ omitBackground: true }));
    await page.close();
  }
} finally {
  await browser.close();
}
writeFileSync(join(APP, 'version.js'), versionModule());
