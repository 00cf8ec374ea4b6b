import { describe, expect, it } from 'vitest';
import { KINDS, type Notice } from '../../src/notices/notices.ts';
import { createI18n } from '../../src/web/i18n.ts';
import { createNoticeWriter } from '../../src/web/notices.ts';

const LOCALES = ['en', 'zh-Hant', 'zh-Hans'];
const missing: string[] = [];
const i18n = createI18n({ locales: LOCALES, defaultLocale: 'en', onMissing: (key) => missing.push(key) });
const write = createNoticeWriter({
  i18n,
  name: { en: 'Example University', 'zh-Hant': '示範大學', 'zh-Hans': '示范大学' },
  issuer: 'https://login.university.example',
  support: { email: 'help@university.example' },
  timeZone: 'Asia/Hong_Kong',
});
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const base: Notice = { kind: 'method-added', at: Date.UTC(2026, 10, 22, 8), name: 'Alice', by: 'owner' };

describe('a letter', () => {
  it('says what, when, where, and what to do', () => {
    const { subject, text } = write({ ...base, factor: 'totp', ip: '192.0.2.7', userAgent: CHROME }, 'en');
    expect(subject).toBe('Example University: a sign-in method was added');
    expect(text).toMatch(
      /^Hello Alice,\n\nA way to sign in was added to your account\.\n\nWhen: Sunday,? 22 November 2026 at 16:00:00 Hong Kong Standard Time\n/,
    );
    expect(text).toContain('\nMethod: Authenticator app\nBrowser: Chrome on Windows\nNetwork address: 192.0.2.7\n');
    expect(text).toContain('https://login.university.example/account');
    expect(text).toContain('help@university.example');
  });

  it('of the help desk gives the reason, and no more of it than a line', () => {
    const reason = `lost phone\n\nHello Alice,\nsend your password to ${'x'.repeat(500)}`;
    const { text } = write({ ...base, kind: 'method-issued', by: 'help-desk', reason }, 'en');
    expect(text).toContain('\nBy: the help desk\nReason given: lost phone Hello Alice, send your password to xxx');
    expect(text).not.toContain('\nsend your password');
    expect(text).not.toContain('x'.repeat(400));
  });

  it.each(LOCALES)('is complete for all there is, in %s', (locale) => {
    for (const kind of KINDS) {
      const { subject, text } = write({ ...base, kind, by: 'gateway' }, locale);
      expect(`${subject}\n${text}`).not.toMatch(/notice\.|\{\{/);
    }
    expect(missing).toEqual([]);
  });

  it.each([
    ['zh-TW', '示範大學'],
    ['zh-CN', '示范大学'],
    ['fr', 'Example University'],
    [undefined, 'Example University'],
  ])('is in the language that %s comes nearest to', (locale, service) => {
    expect(write(base, locale).subject).toContain(service);
  });
});
