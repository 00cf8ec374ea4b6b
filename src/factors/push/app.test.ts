import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appFile, appFiles, versionModule } from './testing/app-version.ts';

const read = (file: string) => appFile(file).toString();
const files = appFiles();
const scripts = files.filter((file) => file.endsWith('.js'));
const texts = (locale: string) => JSON.parse(read(`texts/${locale}.json`)) as Record<string, string>;
const english = texts('en');

describe('the authenticator', () => {
  it('is kept by its service worker as it is now: node scripts/authenticator.ts', () => {
    expect(read('version.js')).toBe(versionModule());
  });

  it.each(['zh-Hant', 'zh-Hans'])('says everything in %s, with the same names in it', (locale) => {
    const namesIn = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
    const shapeOf = (all: Record<string, string>) => Object.entries(all).map(([key, text]) => [key, namesIn(text)]);
    expect(shapeOf(texts(locale))).toEqual(shapeOf(english));
  });

  it('has every text that it names, and none that it does not', () => {
    const code = scripts.map(read).join('\n');
    const composed = Object.keys(english).filter((key) => key.startsWith('outcome.'));
    const named = [...code.matchAll(/'([a-z]+(?:[.-][a-z0-9-]+)*)'/g)].map(([, key = '']) => key);
    expect(Object.keys(english).filter((key) => !named.includes(key) && !composed.includes(key))).toEqual([]);
    const asked = [...code.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key = '']) => key);
    expect(asked.length).toBeGreaterThan(60);
    expect(asked.filter((key) => !Object.hasOwn(english, key))).toEqual([]);
  });

  it('has no script and no style inside its page, and makes no markup out of text', () => {
    const page = read('index.html');
    expect(page).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=/);
    for (const file of scripts) {
      expect(read(file), file).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\(/,
      );
    }
  });

  it('has the colours of the pages around it', () => {
    const shared = read('sallyport.css');
    const [light, dark] = [...shared.matchAll(/--page: (#\w{6})/g)].map(([, colour]) => colour);
    const [brand] = [...shared.matchAll(/--brand: (#\w{6})/g)].map(([, colour]) => colour);
    const theme = [...read('index.html').matchAll(/name="theme-color" content="(#\w+)"/g)].map(([, colour]) => colour);
    expect(theme).toEqual([light, dark]);
    const manifest = JSON.parse(read('manifest.webmanifest')) as object;
    expect(manifest).toMatchObject({ background_color: light, theme_color: brand });
  });

  it('imports nothing from elsewhere, and names files that are there', () => {
    for (const file of scripts) {
      const taken = [...read(file).matchAll(/from '([^']+)'/g)].map(([, from = '']) => from);
      const found = taken.map((from) => join(file, '..', from));
      expect(
        found.filter((path) => !files.includes(path)),
        file,
      ).toEqual([]);
    }
    const linked = [...read('index.html').matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, file = '']) => file);
    expect(linked.length).toBeGreaterThan(5);
    expect(linked.filter((file) => !files.includes(file))).toEqual([]);
    const { icons } = JSON.parse(read('manifest.webmanifest')) as { icons: { src: string }[] };
    expect(icons.filter(({ src }) => !files.includes(src))).toEqual([]);
  });
});
