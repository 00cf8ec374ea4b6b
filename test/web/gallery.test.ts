import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, launch, watch } from '../support/chromium.ts';
import { type Gallery, LOCALES, type Sample, samples, serveGallery } from '../support/gallery.ts';

/** Names a folder: every page is photographed into it. */
const SHOTS = process.env.SALLYPORT_SHOTS;
const LONG = process.env.TESTS === 'long';
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 800 };

let browser: Browser;
let gallery: Gallery;

beforeAll(async () => {
  gallery = await serveGallery();
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
  gallery.close();
});

/** In the page: the controls that can be seen. The list of languages is open, the link to the content seen at focus. */
const CONTROLS = `[...document.querySelectorAll('a[href], button, input, select, summary')]
  .filter((one) => one.checkVisibility() && one.getAttribute('type') !== 'hidden')`;
const NUMBER_CONTROLS = `{
  document.activeElement?.blur();
  globalThis.reached = new Set();
  addEventListener('focusin', ({ target }) => reached.add(target.getAttribute('data-nth')));
  const controls = ${CONTROLS};
  for (const [index, one] of controls.entries()) one.setAttribute('data-nth', String(index));
  controls.length;
}`;
const SMALL_CONTROLS = `${CONTROLS}
  .filter((one) => !one.matches('.skip') && one.getBoundingClientRect().height < 24)
  .map((one) => one.outerHTML.slice(0, 80))`;

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: PHONE, ...options });
  return context.newPage();
}

async function show(page: Page, { name }: Pick<Sample, 'name'>, locale = 'en') {
  // Would leave the page at once; what it does is tested below.
  if (name.startsWith('form-post'))
    await page.route('**/submit.js*', (route) => route.fulfill({ body: '', contentType: 'text/javascript' }));
  await page.goto(`${gallery.origin}/${locale}/${name}`, { waitUntil: 'load' });
}

async function photograph(page: Page, name: string) {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

const excess = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** Faults of one page as it is shown, and again where it is magnified, and only 320 px wide. */
async function inspect(page: Page, sample: Sample, { locale, schemes, ...wish }: Variant): Promise<string[]> {
  const { viewport, widths = [viewport.width, ...(viewport.width > 640 ? [viewport.width / 2] : [])] } = wish;
  await page.setViewportSize(viewport);
  await show(page, sample, locale);
  const faults = (await page.evaluate<string[]>(SMALL_CONTROLS)).map((control) => `under 24 px: ${control}`);
  // What is dark, or in another script, differs by its colours and sizes alone; the real pages are looked at whole.
  for (const [index, colorScheme] of schemes.entries()) {
    await page.emulateMedia({ colorScheme });
    await photograph(page, `${sample.name}.${locale}.${viewport.width}.${colorScheme}`);
    const found = await axe(page, index === 0 && (locale === 'en' || LONG) ? undefined : 'color-contrast');
    faults.push(...found.map((fault) => `${colorScheme}: ${fault}`));
  }
  // A desktop's window at 200 % is half as wide; 320 px are 1280 at 400 % (WCAG 2.2, 1.4.4 and 1.4.10).
  for (const width of [...widths, 320]) {
    await page.setViewportSize({ ...viewport, width });
    const wide = await excess(page);
    if (wide > 0) faults.push(`${wide} px too wide at ${width} px`);
  }
  return faults.map((fault) => `${sample.name}: ${fault}`);
}

/** The first sample of each template: what differs by language, or by width, differs here. */
const templates = [
  ...new Map(
    samples.toReversed().map((one) => ['prompt' in one.model ? one.model.prompt.kind : one.page, one]),
  ).values(),
].reverse();

/** Long names, errors and empty lists are for the long run. */
const EACH = LONG ? samples : templates;

interface Variant {
  locale: string;
  viewport: { width: number; height: number };
  schemes: readonly ('light' | 'dark')[];
  /** In which nothing may stick out; the viewport's and its half without it. */
  widths?: readonly number[];
  shown: readonly Sample[];
}

/** Each page is loaded once, and seen on a phone, in the dark, and in a desktop's window. */
const USUAL: readonly Variant[] = [
  {
    locale: 'en',
    viewport: PHONE,
    schemes: ['light', 'dark'],
    shown: EACH,
    widths: [PHONE.width, DESK.width, DESK.width / 2],
  },
];

const REST: readonly Variant[] = [
  { locale: 'zh-Hant', viewport: DESK, schemes: ['dark'], shown: EACH },
  { locale: 'en', viewport: DESK, schemes: ['light', 'dark'], shown: templates },
  { locale: 'zh-Hant', viewport: PHONE, schemes: ['light'], shown: templates },
  { locale: 'zh-Hans', viewport: DESK, schemes: ['dark'], shown: templates },
];

const VARIANTS = LONG ? [...USUAL, ...REST] : USUAL;

describe('times', () => {
  const shown = (page: Page) =>
    page.evaluate<string[]>(
      "[...document.querySelectorAll('time[data-local=date], [data-zone]')].map((it) => it.innerText)",
    );

  it('are the reader’s where a script runs, and the institution’s where none does; the page names which', async () => {
    const away = await open({ timezoneId: 'Asia/Hong_Kong' });
    const without = await open({ timezoneId: 'Asia/Hong_Kong', javaScriptEnabled: false });
    await show(away, { name: 'account' });
    await show(without, { name: 'account' });
    expect(await shown(away)).toContain('Times are in Hong Kong Standard Time.');
    expect(await without.content()).toContain('>Times are in Greenwich Mean Time.<');
    const [first] = await away.locator('td time[data-local=date]').all();
    const instant = new Date((await first?.getAttribute('datetime')) ?? '');
    const local = new Intl.DateTimeFormat('en-GB', {
      ...{ dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23', timeZone: 'Asia/Hong_Kong' },
    }).format(instant);
    expect(await first?.innerText()).toBe(local);
    await show(away, { name: 'account' }, 'zh-Hant');
    expect(await shown(away)).toContain('時間以香港標準時間表示。');
  });
});

describe('every page', () => {
  it.each(VARIANTS)(
    'is sound in $locale at $viewport.width px, $schemes',
    { timeout: LONG ? 400_000 : 120_000 },
    async (variant) => {
      const halves = [0, 1].map(async (half) => {
        const page = await open();
        const { problems } = watch(page);
        const faults: string[] = [];
        for (const sample of variant.shown.filter((_, index) => index % 2 === half)) {
          faults.push(...(await inspect(page, sample, variant)));
        }
        await page.context().close();
        return [...faults, ...problems];
      });
      expect((await Promise.all(halves)).flat()).toEqual([]);
    },
  );

  it('lets the keyboard reach every control', { timeout: LONG ? 400_000 : 240_000 }, async () => {
    const page = await open();
    const unreached: string[] = [];
    for (const sample of EACH) {
      await show(page, sample);
      await page.locator('.languages summary').click();
      const controls = await page.evaluate<number>(NUMBER_CONTROLS);
      // Of a date it stops at each part, and at its calendar.
      const parts = 3 * (await page.locator('input[type=date]').count());
      // Told in one go: the browser takes them one after the other, and nobody waits in between.
      await Promise.all(Array.from({ length: controls + parts + 3 }, () => page.keyboard.press('Tab')));
      const reached = await page.evaluate<number>('reached.delete(null), reached.size');
      // Of a group of radio buttons the Tab key reaches one, the arrow keys the others.
      const grouped = Math.max(0, (await page.locator('input[type=radio]').count()) - 1);
      if (reached + grouped < controls) unreached.push(`${sample.name}: ${reached} of ${controls}`);
    }
    expect(unreached).toEqual([]);
    await page.context().close();
  });
});

describe('with scripts', () => {
  it('moves the focus to the error and ties it to its field', async () => {
    const page = await open();
    await show(page, { name: 'prompt-code-error' });
    expect(await page.evaluate("document.activeElement?.getAttribute('role')")).toBe('alert');
    const field = page.getByRole('textbox', { name: 'Code' });
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.getAttribute('aria-describedby')).toMatch(/^error /);
    expect(await page.title()).toMatch(/^Error: .* · Northbridge University$/);
    await page.context().close();
  });

  it('shows and hides the password, says so, and never sends it as text', async () => {
    const page = await open();
    await show(page, { name: 'prompt-secret' });
    const button = page.getByRole('button', { name: 'Show' });
    await page.fill('#password', 'correct horse');
    await button.click();
    expect(await page.getAttribute('#password', 'type')).toBe('text');
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    expect(await page.textContent('[data-reveal-status]')).toBe('Your password is shown.');
    await page.fill('#username', 'ada');
    // Stopped at the border, the form is as the browser would have sent it.
    await page.evaluate("addEventListener('submit', (event) => event.preventDefault(), { once: true })");
    await page.click('button:text-is("Sign in")');
    expect(await page.getAttribute('#password', 'type')).toBe('password');
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    await page.reload();
    await page.fill('#username', 'ada');
    await page.fill('#password', 'correct horse');
    await button.click();
    await page.click('button:text-is("Sign in")');
    await page.waitForURL('**/sign-in/x');
    expect(gallery.posted.at(-1)).toEqual({ csrf: 'token', username: 'ada', password: 'correct horse' });
    await page.context().close();
  });

  it('copies the key without its spaces', async () => {
    const page = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await show(page, { name: 'prompt-code-setup' });
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('The key was copied.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP');
    await page.context().close();
  });

  it('sends a form once, with the value of the button, however often it is pressed', async () => {
    const page = await open();
    await show(page, { name: 'remember' });
    const before = gallery.posted.length;
    await page.evaluate(
      "for (let press = 0; press < 5; press += 1) document.querySelector('button[value=no]').click()",
    );
    await page.waitForURL('**/sign-in/x');
    expect(gallery.posted.slice(before)).toEqual([{ csrf: 'token', remember: 'no' }]);
    await page.goBack();
    expect(await page.locator('[aria-disabled]').count()).toBe(0);
    await page.context().close();
  });

  it('sends a form_post response by itself', async () => {
    const page = await open();
    await page.goto(`${gallery.origin}/en/form-post`);
    await page.waitForURL('**/posted');
    expect(gallery.posted.at(-1)).toEqual({ code: '"><b>x' });
    await page.context().close();
  });

  it('gives a ceremony its options, and its answer back', async () => {
    const page = await open();
    await show(page, { name: 'prompt-ceremony' });
    await page.getByRole('button', { name: 'Code app' }).click();
    await page.waitForURL('**/sign-in/x');
    const response = gallery.posted.at(-1)?.response;
    expect(JSON.parse(String(response))).toEqual({ challenge: '"><script>alert(1)</script>' });
    await page.context().close();
  });

  it('closes the list of languages with Escape', async () => {
    const page = await open();
    await show(page, { name: 'home' });
    await page.locator('.languages summary').click();
    await page.getByRole('link', { name: '简体中文' }).focus();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('link', { name: '简体中文' }).isVisible()).toBe(false);
    await page.context().close();
  });
});

describe('without scripts', () => {
  it('shows no button that would do nothing, and every form still sends', async () => {
    const page = await open({ javaScriptEnabled: false });
    await page.goto(`${gallery.origin}/en/prompt-secret`);
    expect(await page.getByRole('button', { name: 'Show' }).count()).toBe(0);
    await page.fill('#username', 'ada');
    await page.fill('#password', 'correct horse');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/sign-in/x');
    expect(gallery.posted.at(-1)).toEqual({ csrf: 'token', username: 'ada', password: 'correct horse' });

    await page.goto(`${gallery.origin}/en/form-post`);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL('**/posted');

    await page.goto(`${gallery.origin}/en/choose-method`);
    await page.getByRole('button', { name: /Work phone/ }).click();
    await page.waitForURL('**/sign-in/x');
    expect(gallery.posted.at(-1)).toEqual({ csrf: 'token', method: 'c1' });
    await page.context().close();
  });

  it.each(LOCALES)('offers the languages, and the way back, in %s', async (locale) => {
    const page = await open({ javaScriptEnabled: false });
    await page.goto(`${gallery.origin}/${locale}/prompt-secret`);
    await page.locator('.languages summary').click();
    const links = await page
      .locator('.languages a')
      .evaluateAll((all) => all.map((one) => [one.textContent, one.getAttribute('href')]));
    const back = encodeURIComponent('/here?a=1&b=2');
    expect(links).toEqual([
      ['English', `/language?to=en&back=${back}`],
      ['繁體中文', `/language?to=zh-Hant&back=${back}`],
      ['简体中文', `/language?to=zh-Hans&back=${back}`],
    ]);
    await page.context().close();
  });
});

describe('a sign-in in a small laptop’s window', () => {
  it.each(LOCALES)('is there without scrolling, with who helps, in %s', async (locale) => {
    const page = await open({ viewport: { width: 1280, height: 720 } });
    const below: string[] = [];
    for (const name of ['prompt-secret', 'prompt-secret-beside', 'prompt-code', 'prompt-number', 'remember', 'move']) {
      await show(page, { name }, locale);
      const end = await page.evaluate<number>("document.querySelector('.foot').getBoundingClientRect().bottom");
      if (end > 720) below.push(`${name}: ${end - 720} px`);
    }
    expect(below).toEqual([]);
    await page.context().close();
  });
});

describe('what moves', () => {
  const moving = async (reducedMotion: 'reduce' | 'no-preference') => {
    const page = await open({ reducedMotion });
    await show(page, { name: 'prompt-number' });
    const names = await page.evaluate<string[]>('document.getAnimations().map(({ animationName }) => animationName)');
    await page.context().close();
    return [...new Set(names)].sort();
  };

  it('shows the way from one screen to the other, and stands still for who wants that', async () => {
    expect(await moving('no-preference')).toEqual(['rings', 'sent']);
    expect(await moving('reduce')).toEqual([]);
  });
});
