import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { launch } from '../test/support/chromium.ts';
import { type Gallery, samples, serveGallery } from '../test/support/gallery.ts';

/*
 * Every page on a few sheets, to be looked at: `node scripts/contact-sheets.ts --to FOLDER [--pages account,phone]`.
 * Phone and desktop, light and dark, in two languages.
 */

const VARIANTS = [
  { name: 'phone-light-en', width: 390, height: 844, colorScheme: 'light', locale: 'en' },
  { name: 'phone-dark-zh-Hant', width: 390, height: 844, colorScheme: 'dark', locale: 'zh-Hant' },
  { name: 'desktop-light-zh-Hant', width: 1280, height: 800, colorScheme: 'light', locale: 'zh-Hant' },
  { name: 'desktop-dark-en', width: 1280, height: 800, colorScheme: 'dark', locale: 'en' },
] as const;
type Variant = (typeof VARIANTS)[number];

/** Pictures of a sheet, and how wide each is shown. */
const SHEET = { phone: { pictures: 16, width: 240 }, desktop: { pictures: 12, width: 460 } };

const { values } = parseArgs({ options: { to: { type: 'string' }, pages: { type: 'string' } } });
if (values.to === undefined) throw new Error('--to FOLDER: where the sheets are written');
const folder = values.to;
const wanted = values.pages?.split(',');
const shown = samples.filter(
  ({ page, name }) => wanted === undefined || wanted.some((one) => one === page || one === name),
);
mkdirSync(folder, { recursive: true });

/** Each page as a picture, down to its end or to three screens. */
async function photograph(
  browser: Browser,
  gallery: Gallery,
  variant: Variant,
): Promise<[name: string, png: string][]> {
  const { width, height, colorScheme, locale } = variant;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  await page.route('**/submit.js*', (route) => route.fulfill({ body: '', contentType: 'text/javascript' }));
  const taken: [string, string][] = [];
  for (const { name } of shown) {
    await page.goto(`${gallery.origin}/${locale}/${name}`);
    const end = await page.evaluate<number>('document.documentElement.scrollHeight');
    const clip = { x: 0, y: 0, width, height: Math.min(end, 3 * height) };
    const png = await page.screenshot({ fullPage: true, clip });
    taken.push([name, png.toString('base64')]);
  }
  await context.close();
  return taken;
}

async function compose(browser: Browser, variant: Variant, taken: [string, string][]): Promise<void> {
  const { pictures, width } = variant.width < 600 ? SHEET.phone : SHEET.desktop;
  const page = await browser.newPage({ viewport: { width: 1960, height: 600 } });
  for (let at = 0; at < taken.length; at += pictures) {
    const figures = taken
      .slice(at, at + pictures)
      .map(
        ([name, png]) =>
          `<figure style="margin:0;width:${width}px"><figcaption>${name}</figcaption><img style="width:100%;border:1px solid #888" src="data:image/png;base64,${png}"></figure>`,
      );
    await page.setContent(
      `<body style="display:flex;flex-wrap:wrap;gap:16px;align-items:start;font:13px sans-serif;background:#ccc">${figures.join('')}`,
    );
    const file = join(folder, `${variant.name}-${String(at / pictures + 1).padStart(2, '0')}.png`);
    await page.screenshot({ path: file, fullPage: true });
    process.stdout.write(`${file}\n`);
  }
  await page.close();
}

const gallery = await serveGallery();
const browser = await launch();
try {
  for (const variant of VARIANTS) await compose(browser, variant, await photograph(browser, gallery, variant));
} finally {
  await browser.close();
  gallery.close();
}
