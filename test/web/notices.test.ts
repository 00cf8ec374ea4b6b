import { describe, expect, it } from 'vitest';
import { KINDS, type Notice } from '../../src/notices/notices.ts';
import { createI18n } from '../../src/web/i18n.ts';
import { createNoticeWriter } from '../../src/web/notices.ts';

const LOCALES = ['en', 'zh-Hant', 'zh-Hans'];
const missing: string[] = [];
const i18n = createI18n({ locales: LOCALES, defaultLocale: 'en', onMissing: (key) => missing.push(key) });
const settings: Parameters<typeof createNoticeWriter>[0] = {
  i18n,
  name: { en: 'Example University', 'zh-Hant': '示範大學', 'zh-Hans': '示范大学' },
  issuer: 'https://login.university.example',
  support: { email: 'help@university.example' },
  timeZone: 'Asia/Hong_Kong',
  locate: (ip) => (ip === '192.0.2.7' ? { city: 'Sha Tin', country: 'Hong Kong' } : undefined),
};
const write = createNoticeWriter(settings);
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const base: Notice = { kind: 'method-added', at: Date.UTC(2026, 10, 22, 8), name: 'Alice', by: 'owner' };

/** What somebody reads, and where they may be led. */
function read(html: string): { links: string[]; words: string } {
  const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
  const body = html.slice(html.indexOf('<body')).replace(/<[^>]*>/g, '\n');
  const words = body.replace(/&(amp|lt|gt|quot|#39);/g, (found) => entities[found] ?? found);
  return { links: [...html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href), words };
}

describe('a letter', () => {
  it('says what, when, where, and what to do', () => {
    const { subject, text } = write({ ...base, factor: 'totp', ip: '192.0.2.7', userAgent: CHROME }, 'en');
    expect(subject).toBe('Example University: a sign-in method was added');
    expect(text).toMatch(
      /^Hello Alice,\n\nA way to sign in was added to your account\.\n\nWhen: Sunday,? 22 November 2026 at 16:00:00 Hong Kong Standard Time\n/,
    );
    expect(text).toContain(
      '\nMethod: Code app\nBrowser: Chrome on Windows\nPlace, roughly: near Sha Tin, Hong Kong\nNetwork address: 192.0.2.7\n',
    );
    expect(text).toContain('\n\nOpen your account page: https://login.university.example/account\n\n');
    expect(text).toContain('help@university.example');
  });

  it('wears the institution’s colours, in both schemes, and ours where it has none', () => {
    const of = (colours: object) => {
      const { html } = createNoticeWriter({ ...settings, colours })({ ...base, factor: 'totp' }, 'en');
      return html;
    };
    const theirs = of({ accent: { light: '#7a1f3d', dark: '#f2b8c6' }, background: { light: '#fffdf5' } });
    expect(theirs).toContain('background:#7a1f3d;border-radius:8px;color:#ffffff');
    expect(theirs).toContain('.button { background: #f2b8c6 !important;');
    expect(theirs).toContain('class="page" style="margin:0;padding:0;background:#fffdf5;');
    expect(theirs).not.toContain('#17596b');
    expect(of({})).toContain('background:#17596b;border-radius:8px;color:#ffffff');
    expect(of({})).toContain('.button { background: #86ccd9 !important; color: #08242c !important; }');
  });

  it('of a lock says until when, in the institution’s time', () => {
    const { text } = write({ ...base, kind: 'attempts-locked', by: 'gateway', until: base.at + 30 * 60_000 }, 'en');
    expect(text).toMatch(/\nLocked until: Sunday,? 22 November 2026 at 16:30:00 Hong Kong Standard Time\n/);
  });

  it.each(LOCALES)('says in HTML what it says in text, and loads nothing, in %s', (locale) => {
    for (const kind of KINDS) {
      const facts = { factor: 'totp', ip: '192.0.2.7', userAgent: CHROME, until: base.at, expires: base.at };
      const { html, text } = write({ ...base, kind, ...facts }, locale);
      const { links, words } = read(html);
      expect(links).toEqual(['https://login.university.example/account']);
      // Each of the text's lines: the button's is its label and its address.
      for (const line of text.split('\n').filter((it) => it !== '')) {
        for (const part of line.split(/: |：/)) expect(`${words} ${links}`).toContain(part);
      }
      expect(html).not.toMatch(/<(img|script|link|iframe|form)|url\(|@import|\ssrc=/i);
    }
  });

  it('escapes what others have written', () => {
    const name = '<img src=x onerror=alert(1)> & "Alice"';
    const { html } = write(
      { ...base, by: 'help-desk', name, reason: '</td><a href="https://evil.example">here</a>' },
      'en',
    );
    expect(read(html).links).toEqual(['https://login.university.example/account']);
    expect(html).not.toContain('<img');
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
