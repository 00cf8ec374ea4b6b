import type { Browser, Page } from 'playwright-core';

/** How a page is looked at: each of the forty in one of these, all of them together in all. */
export const LOOKS = [
  { width: 390, height: 844, colorScheme: 'light', locale: 'en', family: '"DejaVu Sans"' },
  { width: 1280, height: 800, colorScheme: 'dark', locale: 'zh-Hant', family: '"Noto Sans CJK TC"' },
  { width: 390, height: 844, colorScheme: 'dark', locale: 'zh-Hans', family: '"Noto Sans CJK SC"' },
  { width: 1280, height: 800, colorScheme: 'light', locale: 'en', family: '"DejaVu Sans"' },
] as const;
export type Look = (typeof LOOKS)[number];

/** Pictures are kept at this share of their size: what moved or changed colour shows there as well. */
const SHARE = 1 / 3;
/** Steps of 255 by which a point may differ in a colour: what compression does to edges of letters. */
const SHADE = 56;
/** Parts of a picture that may differ: 4 in 1000, a line of a phone's text; a button is ten times as much. */
export const TOLERANCE = 0.004;

/** Letters are drawn alike on all machines, with fonts of two Debian packages that hardly change. */
export const STEADY = ['--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb'];

/** What else would differ from machine to machine. */
const STILL = { reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-GB' } as const;

/** A page of the gallery down to its end, without what moves, as a data address. `css`: what is tried on it. */
export async function lookAt(browser: Browser, address: string, look: Look, css = ''): Promise<string> {
  const { width, height, colorScheme, family } = look;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, ...STILL });
  const page = await context.newPage();
  await page.goto(address);
  // The policy of pages forbids styles within them; a browser's own are no part of the page.
  const session = await context.newCDPSession(page);
  const frame = await session.send('Page.getFrameTree');
  await session.send('DOM.enable');
  await session.send('CSS.enable');
  const { styleSheetId } = await session.send('CSS.createStyleSheet', { frameId: frame.frameTree.frame.id });
  const text = `* { font-family: ${family} !important; caret-color: transparent !important } ${css}`;
  await session.send('CSS.setStyleSheetText', { styleSheetId, text });
  await page.evaluate('document.fonts.ready');
  const png = await page.screenshot({ fullPage: true });
  await context.close();
  return `data:image/png;base64,${png.toString('base64')}`;
}

const DRAW = `async (address, share) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.width * share);
  canvas.height = Math.round(image.height * share);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}`;

/** As it is kept: a WebP document, some kilobytes. */
export async function kept(blank: Page, picture: string): Promise<Buffer> {
  const address = await blank.evaluate<string>(
    `(${DRAW})(${JSON.stringify(picture)}, ${SHARE}).then((canvas) => canvas.toDataURL('image/webp', 0.6))`,
  );
  return Buffer.from(address.split(',')[1] ?? '', 'base64');
}

/** The share of points that differ, from 0 to 1; 1 where one is longer than the other. */
export async function difference(blank: Page, picture: string, before: Buffer): Promise<number> {
  const old = `data:image/webp;base64,${before.toString('base64')}`;
  return blank.evaluate<number>(`(async () => {
    const draw = ${DRAW};
    const [one, other] = [await draw(${JSON.stringify(picture)}, ${SHARE}), await draw(${JSON.stringify(old)}, 1)];
    if (one.width !== other.width || Math.abs(one.height - other.height) > 1) return 1;
    const height = Math.min(one.height, other.height);
    const points = (canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, height).data;
    const [a, b] = [points(one), points(other)];
    let differing = 0;
    for (let at = 0; at < a.length; at += 4) {
      if (Math.max(Math.abs(a[at] - b[at]), Math.abs(a[at + 1] - b[at + 1]), Math.abs(a[at + 2] - b[at + 2])) > ${SHADE})
        differing += 1;
    }
    return differing / (a.length / 4);
  })()`);
}
