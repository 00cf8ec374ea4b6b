import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

interface Invitation {
  issuer: string;
  token: string;
}

/** The app's own modules, as a browser gets them: no types come with them. */
const load = (file: string) => import(new URL(`../../src/factors/push/app/${file}`, import.meta.url).href);
const { invitationIn } = (await load('accounts.js')) as { invitationIn(text: string): Invitation | undefined };
const { sign } = (await load('keys.js')) as {
  sign(key: CryptoKey, purpose: string, issuer: string, fields: string[]): Promise<string>;
};
const { fromBase32, toBase64url, fromBase64url } = (await load('encoding.js')) as {
  fromBase32(text: string): Uint8Array;
  toBase64url(octets: Uint8Array): string;
  fromBase64url(text: string): Uint8Array;
};

const TOKEN = 'a'.repeat(43);
const linkOf = (payload: unknown) =>
  `https://any.example/authenticator/#enrol=${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;

describe('what a code can make the authenticator do', () => {
  it('is to ask an https address for an account, and no other', () => {
    const issuer = 'https://login.university.example';
    expect(invitationIn(linkOf({ issuer, token: TOKEN }))).toEqual({ issuer, token: TOKEN });
    expect(invitationIn(linkOf({ issuer, token: TOKEN, more: 'x' }))).toEqual({ issuer, token: TOKEN });
    expect(invitationIn(linkOf({ issuer: 'http://localhost:3000', token: TOKEN }))?.issuer).toBe(
      'http://localhost:3000',
    );
  });

  it.each([
    'http://login.university.example',
    'https://login.university.example/',
    'https://login.university.example?a=b',
    'https://login.university.example#a',
    'https://user@login.university.example',
    'https://:word@login.university.example',
    'https://login.university.example\n',
    'javascript:alert(1)',
    'data:text/html,a',
    'blob:https://login.university.example/a',
    '//login.university.example',
    '',
  ])('is nothing where it names %j', (issuer) => {
    expect(invitationIn(linkOf({ issuer, token: TOKEN }))).toBeUndefined();
  });

  it.each(['', 'short', `${TOKEN}\n`, 'ä'.repeat(43), 'a'.repeat(101)])('is nothing with the token %j', (token) => {
    expect(invitationIn(linkOf({ issuer: 'https://login.university.example', token }))).toBeUndefined();
  });

  it('is nothing, and no fault, whatever else is scanned or pasted', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue().map(linkOf));
    fc.assert(fc.property(texts, (text) => invitationIn(text) === undefined));
  });

  it('is never to sign two sets of fields with one text', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    for (const field of ['a\nb', 'a\rb', '\n']) {
      await expect(sign(pair.privateKey, 'answer', 'https://a.example', ['x', field])).rejects.toThrow(/line break/);
    }
    expect(await sign(pair.privateKey, 'answer', 'https://a.example', ['x'])).toMatch(/^[\w-]{86}$/);
  });
});

describe('its encodings', () => {
  it('read what they wrote, and RFC 4648', () => {
    fc.assert(fc.property(fc.uint8Array(), (octets) => Buffer.from(fromBase64url(toBase64url(octets))).equals(octets)));
    expect(Buffer.from(fromBase32('MZXW6YTBOI======')).toString()).toBe('foobar');
    expect(Buffer.from(fromBase32('mzxw 6ytb')).toString()).toBe('fooba');
    expect(() => fromBase32('M1======')).toThrow();
  });
});
