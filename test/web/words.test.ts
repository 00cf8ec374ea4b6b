import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { galleryRenderer, samples } from '../support/gallery.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const plugIns = ['factors', 'doors', 'directories'].flatMap((kind) =>
  readdirSync(join(ROOT, 'src', kind)).map((name) => join(ROOT, 'src', kind, name, 'locales')),
);
const folders = [join(ROOT, 'views/locales'), ...plugIns.filter((folder) => existsSync(folder))];

/** Words that would name a thing a second time, or that are for programs alone. */
const NOT_SAID = {
  en: /aaguid|trusted (?:device|browser)|known device|hardware app|two-factor|2FA/i,
  'zh-Hant': /aaguid|方法|帳戶|第二步驟|密碼金鑰|信任的瀏覽器|雙重驗證/i,
  'zh-Hans': /aaguid|方法|账户|第二步骤|应用程序|信任的浏览器|双重验证/i,
};

describe('words', () => {
  it.each(Object.entries(NOT_SAID))('are one for each thing, in %s', (locale, forbidden) => {
    const lines = folders.flatMap((folder) =>
      readFileSync(join(folder, `${locale}.json`), 'utf8')
        .split('\n')
        .map((line) => `${folder.slice(ROOT.length)}: ${line.trim()}`),
    );
    expect(lines.length).toBeGreaterThan(1_000);
    expect(lines.filter((line) => forbidden.test(line.slice(line.indexOf(': ') + 2)))).toEqual([]);
  });

  it.each(['zh-Hant', 'zh-Hans'])('are all of the reader’s language on every page, in %s', (locale) => {
    const { html } = galleryRenderer();
    const half = samples.flatMap((sample) => {
      const given = new Set(wordsIn(values(sample.model).join(' ')));
      const page = html(sample, locale).replace(/<head>.*<\/head>/s, '');
      const shown = page.replace(/<(script|style|bdi|code)\b.*?<\/\1>/gs, ' ').replace(/<[^>]+>|&[a-z]+;/g, ' ');
      return wordsIn(shown)
        .filter((word) => !given.has(word) && !EVERYWHERE.has(word))
        .map((word) => `${sample.name}: ${word}`);
    });
    expect([...new Set(half)]).toEqual([]);
  });
});

/** Of at least three letters: `VPN`, but no `ID` of one letter and a number. */
const wordsIn = (text: string): string[] => text.match(/[A-Za-z]{3,}/g) ?? [];

/** What is the same in every language. */
const EVERYWHERE = new Set(
  wordsIn('English help example edu Ada Lovelace CSV UTC VPN PIN JavaScript UCLA hospital name Cookie'),
);

/** What a page was given, besides the keys of texts. */
function values(model: unknown): string[] {
  if (typeof model === 'string') return [model];
  if (typeof model !== 'object' || model === null) return [];
  return Object.entries(model).flatMap(([key, value]) => (key === 'key' ? [] : values(value)));
}
