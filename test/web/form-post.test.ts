import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assets } from '../../src/web/assets.ts';
import { createFormPost } from '../../src/web/form-post.ts';
import { createI18n } from '../../src/web/i18n.ts';
import { createRenderer } from '../../src/web/render.ts';

const i18n = createI18n({ locales: ['en', 'zh-Hant'], defaultLocale: 'en' });
const renderer = createRenderer({ i18n, assets: assets(), name: 'Example University' });
const formPost = createFormPost(renderer);

const squeezed = (html: string) => html.replace(/>\s+/g, '>').replace(/\s+</g, '<');

describe('the page that submits a form', () => {
  it('is what the template makes of it, whatever the values are', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('"><script>', '&amp;', "'", '$&', "$'"));
    const inputs = fc.array(fc.record({ name: text, value: text }), { maxLength: 3 });
    const application = fc.constantFrom(undefined, 'Wiki', { en: 'Wiki <b>', 'zh-Hant': '維基' });
    fc.assert(
      fc.property(
        text,
        inputs,
        application,
        fc.boolean(),
        fc.constantFrom('en', 'zh-Hant'),
        (action, list, name, leaving, locale) => {
          const model = { action, inputs: list, ...(name === undefined ? {} : { application: name }), leaving };
          const context = { locale, reference: 'REFERENCE2' };
          expect(squeezed(formPost(model, context))).toBe(squeezed(renderer.html('form-post', model, context)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leads its language switch to no address that would send the message again', () => {
    const context = { locale: 'en', reference: 'R', path: '/authorize?state=abc' };
    expect(formPost({ action: 'https://sp.example/acs', inputs: [] }, context)).not.toContain('state=abc');
  });
});
