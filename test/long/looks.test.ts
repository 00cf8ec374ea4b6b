import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch } from '../support/chromium.ts';
import { type Gallery, serveGallery } from '../support/gallery.ts';
import { difference, kept, LOOKS, type Look, lookAt, STEADY, TOLERANCE } from '../support/looks.ts';

/*
 * How pages look, beside how they looked. Where a change is meant, `LOOKS=new npx vitest run --mode=long test/long/looks.test.ts`
 * keeps the new pictures: look at them before they are committed.
 */
const FOLDER = fileURLToPath(new URL('looks/', import.meta.url));
const ANEW = process.env.LOOKS === 'new';
/** All together, in the repository. */
const MOST_BYTES = 600_000;

const PAGES = [
  ...['prompt-secret', 'prompt-code', 'prompt-code-setup', 'prompt-number', 'prompt-wait-setup'],
  ...['prompt-ceremony', 'prompt-choice', 'prompt-redirect', 'choose-method', 'lost', 'select-account', 'suggest'],
  ...['remember', 'consent', 'refused-held', 'sign-out', 'signed-out', 'leaving', 'device', 'device-confirm', 'home'],
  ...[
    'error-not-found',
    'error-server',
    'error-too-many',
    'applications',
    'account',
    'account-issue',
    'issued',
    'enrol',
  ],
  ...['choose-enrolment', 'enrolled', 'phone', 'phone-remove', 'reset-begin', 'reset-ways', 'reset-code-mail'],
  ...['reset-end-done', 'not-me', 'reported', 'new-password', 'houses', 'move'],
];

let browser: Browser;
let gallery: Gallery;
let blank: Page;

beforeAll(async () => {
  gallery = await serveGallery();
  browser = await launch(...STEADY);
  blank = await browser.newPage();
  mkdirSync(FOLDER, { recursive: true });
});

afterAll(async () => {
  await browser.close();
  gallery.close();
});

const lookOf = (at: number): Look => LOOKS[at % LOOKS.length] ?? LOOKS[0];
const show = (name: string, look: Look, css?: string) =>
  lookAt(browser, `${gallery.origin}/${look.locale}/${name}`, look, css);

describe('forty pages', () => {
  it.each(PAGES.map((name, at) => ({ name, look: lookOf(at) })))(
    'look as they did: $name, $look.width px, $look.colorScheme, $look.locale',
    { timeout: 60_000 },
    async ({ name, look }) => {
      const file = `${FOLDER}${name}.webp`;
      const picture = await show(name, look);
      if (ANEW) writeFileSync(file, await kept(blank, picture));
      expect(await difference(blank, picture, readFileSync(file))).toBeLessThan(TOLERANCE);
    },
  );

  it.each([
    ['a button in another colour', '.button { background: #b00020 !important }'],
    ['no drawing', '.scene { visibility: hidden }'],
    ['less room between things', '.card { gap: 0.25rem !important }'],
    ['a heading in another size', 'h1 { font-size: 1.25rem !important }'],
  ])('don’t where there is %s', { timeout: 60_000 }, async (_what, css) => {
    const look = LOOKS[0];
    const before = await kept(blank, await show('remember', look));
    expect(await difference(blank, await show('remember', look, css), before)).toBeGreaterThan(TOLERANCE);
  });

  it('are kept in pictures that a repository can bear, and none of a page that has gone', () => {
    const files = readdirSync(FOLDER).sort();
    expect(files).toEqual(PAGES.map((name) => `${name}.webp`).sort());
    expect(files.reduce((sum, file) => sum + statSync(FOLDER + file).size, 0)).toBeLessThan(MOST_BYTES);
  });
});
