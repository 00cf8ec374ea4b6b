import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Jwk } from '../../src/factors/push/schemas.ts';
import { isSigned, type Json, publicKey, signedText } from '../../src/factors/push/wire.ts';

type Fields = { [name: string]: Json };

interface Invitation {
  issuer: string;
  token: string;
}

/** The app's own modules, as a browser gets them: no types come with them. */
const load = (file: string) => import(new URL(`../../src/factors/push/app/${file}`, import.meta.url).href);
const { invitationIn } = (await load('accounts.js')) as { invitationIn(text: string): Invitation | undefined };
const { makeSigningKey, signed } = (await load('keys.js')) as {
  makeSigningKey(): Promise<{ privateKey: CryptoKey; jwk: Jwk }>;
  signed(key: CryptoKey, purpose: string, issuer: string, fields: Fields): Promise<Fields & { signature: string }>;
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

  it('is never to sign less than it sends: the gateway takes no other text for it', async () => {
    const { privateKey, jwk } = await makeSigningKey();
    const key = publicKey(jwk);
    if (key === undefined) throw new Error('no key');
    const issuer = 'https://login.university.example';
    const text = fc.string({ unit: 'binary' });
    const subscription = fc.option(fc.record({ endpoint: text, keys: fc.record({ p256dh: text, auth: text }) }));
    const fields = fc.record({ token: text, key: fc.constant({ ...jwk }), subscription, name: text });
    await fc.assert(
      fc.asyncProperty(fields, async (given) => {
        const sent = await signed(privateKey, 'register', issuer, given);
        const { signature, ...body } = JSON.parse(JSON.stringify(sent)) as typeof sent;
        expect(isSigned(key, signedText('register', issuer, body), signature)).toBe(true);
        for (const name of Object.keys(body)) {
          expect(isSigned(key, signedText('register', issuer, { ...body, [name]: 'x' }), signature)).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
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
