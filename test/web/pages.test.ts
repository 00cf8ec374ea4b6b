import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createI18n } from '../../src/web/i18n.ts';
import { galleryRenderer, LOCALES, samples } from '../support/gallery.ts';

const VIEWS = fileURLToPath(new URL('../../views', import.meta.url));
const templates = readdirSync(VIEWS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.eta'))
  .map((file) => ({ file, source: readFileSync(join(VIEWS, file), 'utf8') }));

describe('templates', () => {
  it('print nothing unescaped but other templates', () => {
    const raw = templates.flatMap(({ file, source }) =>
      [...source.matchAll(/<%[-_]?\s*~\s*(.*?)\s*[-_]?%>/g)].map(([, printed]) => ({ file, printed })),
    );
    expect(raw.length).toBeGreaterThan(0);
    // `time` and `sentence` escape what they are given: moments.test.ts. `glyph` gives a file of ours, and scene.eta and way-glyph.eta have their drawings.
    const trusted =
      /^(include\('\/(parts|prompts)\/.*\)|it\.body|it\.(time|sentence|glyph)\(.*\)|scenes\[scene\] \?\? ''|ways\[it\.kind\])$/;
    expect(raw.filter(({ printed = '' }) => !trusted.test(printed))).toEqual([]);
  });

  it('use only keys that exist', () => {
    const i18n = createI18n({ locales: LOCALES, defaultLocale: 'en' });
    const used = templates.flatMap(({ file, source }) =>
      [...source.matchAll(/\bt\(\s*'([^']+)'\s*[,)]/g)].map(([, key = '']) => ({ file, key })),
    );
    expect(used.length).toBeGreaterThan(50);
    const values = { count: 2, minutes: 2 };
    const absent = used.filter(({ key }) => LOCALES.some((locale) => i18n.t(locale, key, values) === key));
    expect(absent).toEqual([]);
  });

  it('are each shown by a sample', () => {
    const pages = readdirSync(join(VIEWS, 'pages')).map((file) => file.replace('.eta', ''));
    const prompts = readdirSync(join(VIEWS, 'prompts')).map((file) => file.replace('.eta', ''));
    expect(new Set(samples.map(({ page }) => page))).toEqual(new Set(pages));
    const shown = samples.flatMap(({ model }) => ('prompt' in model ? [model.prompt.kind as string] : []));
    expect(new Set(shown)).toEqual(new Set(prompts));
  });
});

/** What looks preferred, with scripts: of a question in two buttons of one kind neither is. */
const isPrimary = (classes: string) => /(?:^| )button(?: |$)/.test(classes) && !/button-(?:quiet|even)/.test(classes);

it('have one primary thing to do at most, and the codes to be kept have it', () => {
  const { html } = galleryRenderer();
  const primary = samples.map((sample) => {
    const page = html(sample, 'en').replace(/<noscript>.*?<\/noscript>/gs, '');
    const controls = [...page.matchAll(/<(?:a|button)\b[^>]*\bclass="([^"]*)"/g)];
    return { name: sample.name, count: controls.filter(([, classes = '']) => isPrimary(classes)).length };
  });
  expect(primary.filter(({ count }) => count > 1)).toEqual([]);
  expect(primary.filter(({ count }) => count === 1).length).toBeGreaterThan(40);
  expect(primary.filter(({ name }) => name.startsWith('issued')).map(({ count }) => count)).toEqual([1, 1]);
});

describe.each(LOCALES)('pages in %s', (locale) => {
  const { html, missing } = galleryRenderer();
  const pages = samples.map((sample) => ({ ...sample, html: html(sample, locale) }));
  const failing = (test: (page: (typeof pages)[number]) => boolean) => pages.filter(test).map(({ name }) => name);

  it('have all their texts', () => {
    expect(missing).toEqual([]);
  });

  it('leave no placeholder unfilled', () => {
    expect(failing(({ html }) => /\{\{|undefined|\[object|NaN/.test(html))).toEqual([]);
  });

  it('have one main heading, a title, a language and a direction', () => {
    expect(failing(({ html }) => html.match(/<h1[ >]/g)?.length !== 1)).toEqual([]);
    expect(
      failing(({ html }) => !/<title>[^<]+ · (Northbridge University|北橋大學|北桥大学)<\/title>/.test(html)),
    ).toEqual([]);
    expect(failing(({ html }) => !html.includes(`<html lang="${locale}" dir="ltr">`))).toEqual([]);
  });

  it('carry no inline script or style, which the policy would refuse', () => {
    expect(failing(({ html }) => /<style|\sstyle=|\son[a-z]+="|<script(?![^>]*\ssrc=)/.test(html))).toEqual([]);
  });

  it('escape what comes from outside', () => {
    expect(failing(({ html }) => html.includes(`<"'>`) || html.includes('"><'.concat('b>x')))).toEqual([]);
    expect(failing(({ html }) => html.includes('<script>'))).toEqual([]);
  });

  it('protect each form of ours against forgery', () => {
    const forms = pages.flatMap(({ name, html }) =>
      [...html.matchAll(/<form .*?<\/form>/gs)].map(([form]) => ({ name, form })),
    );
    // What is only looked for changes nothing; and a device's code leads to a question.
    const changing = forms.filter(({ form }) => !/^<form [^>]*(method="get"|id="device-code")/.test(form));
    // A ticket is good once, in the browser that it was made for.
    const bare = changing.filter(({ form }) => !/name="(csrf|xsrf|ticket)" value="t[a-z]+"/.test(form));
    expect(bare.map(({ name }) => name)).toEqual(['form-post', 'form-post-leaving']);
  });

  it('give the reference where help is needed', () => {
    const shows = pages.filter(({ html }) => html.includes('K7QF-29TD')).map(({ page }) => page);
    expect(new Set(shows)).toEqual(new Set(['error', 'refused', 'choose-method', 'choose-enrolment']));
  });
});

describe('assets', () => {
  it('are addressed by their content', () => {
    const { assets, html } = galleryRenderer();
    const page = html({ name: 'home', page: 'home', model: { signedIn: false } }, 'en');
    const addresses = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address = '']) => address);
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of addresses) {
      const [path = '', version] = address.split('?v=');
      expect(assets.get(path)?.version).toBe(version);
    }
  });
});
