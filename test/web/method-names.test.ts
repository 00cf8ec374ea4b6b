import { describe, expect, it } from 'vitest';
import { createI18n } from '../../src/web/i18n.ts';

const texts = createI18n({ locales: ['en', 'zh-Hant', 'zh-Hans'], defaultLocale: 'en' });

describe('names that we gave to methods', () => {
  it.each([
    ['Code app', '驗證碼應用程式'],
    ['验证码应用 2', '驗證碼應用程式 2'],
    ['Text message (…567)', '簡訊 (…567)'],
    ['短信 (…567) 2', '簡訊 (…567) 2'],
    ['Hardware token 1000133508267', '硬體權杖 1000133508267'],
    ['硬件令牌 GALT-7', '硬體權杖 GALT-7'],
    // As it was called before.
    ['Authenticator app 2', '驗證碼應用程式 2'],
    ['Phone with the authenticator', '手機核准'],
  ])('are read in the reader’s language: %s', (kept, read) => {
    expect(texts.named('zh-Hant', kept)).toBe(read);
    expect(texts.saysKind(kept)).toBe(true);
  });

  it.each([
    'Work phone',
    'Code apple',
    'Passkey of my sister',
    'Text message (…567) <b>',
    'YubiKey 5 NFC',
    '',
    'code app',
  ])('are not what their owner chose, or a model is called: %s', (kept) => {
    expect(texts.named('zh-Hant', kept)).toBe(kept);
    expect(texts.saysKind(kept)).toBe(false);
  });

  it('are the institution’s words where it has its own', () => {
    const overrides = { en: { 'totp:method': 'Number app' } };
    const own = createI18n({ locales: ['en', 'zh-Hant'], defaultLocale: 'en', overrides });
    expect(own.named('en', '驗證碼應用程式 2')).toBe('Number app 2');
  });

  it('are of one kind each: no two factors give the same', () => {
    for (const locale of texts.locales) {
      const all = ['totp', 'push', 'fido2', 'sms', 'email-code', 'recovery', 'tap'].map((factor) =>
        texts.text(locale, { key: 'name' }, factor),
      );
      expect(new Set(all).size).toBe(all.length);
    }
  });
});
