import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { galleryRenderer, samples } from '../support/gallery.ts';

const { html } = galleryRenderer();
const drawnOn = (name: string) => {
  const sample = samples.find((one) => one.name === name);
  if (sample === undefined) throw new Error(`${name}: no such sample`);
  const page = html(sample, 'en');
  return { page, scene: /<div class="scene scene-([a-z-]+)" aria-hidden="true">([\s\S]*?)<\/div>/.exec(page) };
};

describe('scenes', () => {
  it.each([
    ['prompt-secret', 'enter'],
    ['prompt-code', 'method'],
    ['prompt-code-setup', 'scan'],
    ['prompt-number', 'approve'],
    ['choose-enrolment', 'choose'],
    ['houses', 'houses'],
    ['move', 'move'],
    ['remember', 'yours'],
    ['phone', 'move'],
    ['enrolled', 'done'],
    ['signed-out', 'out'],
    ['lost', 'lost'],
    ['error-not-found', 'signpost'],
    ['error-too-many', 'wait'],
    ['error-server', 'trouble'],
    ['reset-code-text', 'mail'],
    ['reset-code-saved', 'paper'],
  ])('show what %s is about: %s', (name, scene) => {
    expect(drawnOn(name).scene?.[1]).toBe(scene);
  });

  it('are there on every page for one task, light, and nothing to screen readers or to a strict policy', () => {
    const bare = samples.filter(({ name }) => drawnOn(name).scene === null).map(({ page }) => page);
    const staff = /^(account|applications|form-post|help-desk|help-desk-person|report|reports)$/;
    expect([...new Set(bare)].filter((page) => !staff.test(page))).toEqual([]);
    for (const { name } of samples) {
      const [, , drawing = ''] = drawnOn(name).scene ?? [];
      expect(Buffer.byteLength(drawing), name).toBeLessThan(1800);
      expect(drawing).not.toMatch(/style=|<(?:title|text|a)\b|href|tabindex/);
    }
  });

  it('move only where that explains something, and not for who wants none', () => {
    const css = readFileSync(new URL('../../views/assets/scenes.css', import.meta.url), 'utf8');
    const [still = '', moving = ''] = css.split('@media (prefers-reduced-motion: no-preference)');
    expect(still).not.toContain('animation');
    const [, names = ''] = /^ \{([\s\S]*?)\n\}/.exec(moving) ?? [];
    expect(names.match(/\.scene \.\w+/g)).toEqual(['.scene .sent', '.scene .rings']);
    expect(names).not.toContain('infinite');
  });
});
