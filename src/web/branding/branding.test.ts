import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, LEAST_CONTRAST, mix } from './colours.ts';
import { colourFaults, OURS, paletteOf, styleOf } from './palette.ts';
import { ourTexts, textFaults } from './texts.ts';

const SHEET = readFileSync(fileURLToPath(new URL('../../../views/assets/sallyport.css', import.meta.url)), 'utf8');
const colour = fc
  .tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 255 })))
  .map((channels) => `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`);

describe('contrast', () => {
  // Examples of WCAG's own and of well-known checkers.
  it.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#ff0000', '#ffffff', 4],
    ['#0000ff', '#ffffff', 8.59],
  ])('of %s and %s is %d', (one, other, expected) => {
    expect(contrast(one, other)).toBeCloseTo(expected, 2);
    expect(contrast(other, one)).toBe(contrast(one, other));
  });

  it('is between 1 and 21', () => {
    fc.assert(
      fc.property(colour, colour, (one, other) => {
        expect(contrast(one, other)).toBeGreaterThanOrEqual(1);
        expect(contrast(one, other)).toBeLessThanOrEqual(21);
        expect(mix(one, other, 0)).toBe(other);
        expect(mix(one, other, 1)).toBe(one);
      }),
    );
  });
});

describe('the palette', () => {
  it('is reckoned from the colours that the pages have', () => {
    const [light = '', dark = ''] = SHEET.split('@media (prefers-color-scheme: dark)');
    for (const [scheme, text] of [
      ['light', light],
      ['dark', dark],
    ] as const) {
      const { towards: _, onAccent, ...ours } = OURS[scheme];
      const all = { ...ours, 'on-accent': onAccent };
      for (const [name, value] of Object.entries(all)) expect(text).toContain(`--${name}: ${value};`);
    }
  });

  it('can be read in both schemes, whatever was accepted', () => {
    fc.assert(
      fc.property(colour, fc.option(colour, { nil: undefined }), (light, dark) => {
        const given = { accent: { light, dark } };
        fc.pre(colourFaults(given).length === 0);
        const palette = paletteOf(given);
        for (const scheme of ['light', 'dark'] as const) {
          const made = palette[scheme];
          const { page, surface, raised } = OURS[scheme];
          const on = (ground: string, text: string) => contrast(made[text] ?? '', made[ground] ?? ground);
          for (const ground of [page, surface, raised]) {
            expect(on(ground, 'accent')).toBeGreaterThanOrEqual(LEAST_CONTRAST);
            expect(on(ground, 'accent-deep')).toBeGreaterThanOrEqual(LEAST_CONTRAST);
          }
          expect(on('accent-wash', 'accent-deep')).toBeGreaterThanOrEqual(LEAST_CONTRAST);
          expect(on('accent', 'on-accent')).toBeGreaterThanOrEqual(LEAST_CONTRAST);
          expect(on('accent-deep', 'on-accent')).toBeGreaterThanOrEqual(LEAST_CONTRAST);
        }
      }),
    );
  });

  it('makes an accent for dark pages of the light one', () => {
    const { dark } = paletteOf({ accent: { light: '#7a0019' } });
    expect(contrast(dark.accent ?? '', OURS.dark.surface)).toBeGreaterThan(LEAST_CONTRAST);
    // Still red.
    expect(Number.parseInt(dark.accent?.slice(1, 3) ?? '', 16)).toBeGreaterThan(0xc0);
  });

  it('says which colour nobody can read, and one that would do', () => {
    const [fault, ...more] = colourFaults({ accent: { light: '#ff9900' } });
    expect(more).toEqual([]);
    expect(fault?.path).toEqual(['accent', 'light']);
    const better = /: (#[0-9a-f]{6}) would do$/.exec(fault?.message ?? '')?.[1] ?? '';
    expect(colourFaults({ accent: { light: better } })).toEqual([]);
    expect(colourFaults({ background: { light: '#808080' } })[0]?.path).toEqual(['background', 'light']);
    expect(colourFaults({ background: { dark: '#000000' } })).toEqual([]);
  });

  it('is nothing where nothing was given', () => {
    expect(styleOf({})).toBe('');
    expect(styleOf({ background: { light: '#ffffff' } })).toBe(
      '@media not (prefers-color-scheme:dark){:root{--page:#ffffff}}\n',
    );
  });
});

describe('texts in the place of ours', () => {
  it.each([
    [{ en: { 'home.title': 'Welcome' } }, []],
    [{ en: { 'home.titel': 'Welcome' } }, ['home.titel is no text of ours: it may have another key by now']],
    [{ en: { 'home.text': 'At {{institution}}' } }, []],
    [{ en: { 'home.text': 'At {{place}}' } }, ['home.text uses {{place}}, and is given {{institution}}']],
    [{ de: { 'home.title': 'Willkommen' } }, ['home.title de isn’t among locales'.replace('’', "'")]],
  ])('%j: %j', (texts, expected) => {
    const told = textFaults(texts as never, ['en', 'zh-Hant']).map(({ key, message }) => `${key} ${message}`);
    expect(told).toEqual(expected);
  });

  it('may be those of a plug-in, by its id', () => {
    const key = [...ourTexts('en').keys()].find((one) => one.includes(':')) ?? '';
    expect(key).not.toBe('');
    expect(textFaults({ en: { [key]: 'Ours' } }, ['en'])).toEqual([]);
  });
});
