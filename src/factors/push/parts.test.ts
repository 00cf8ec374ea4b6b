import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typedDigits } from '../../core/typed.ts';
import { codeOf, findStep, newSecret, stepAt } from './codes.ts';
import { isAllowed } from './endpoints.ts';
import { settings } from './settings.ts';
import { Phone } from './testing/phone.ts';
import { subjectOf } from './vapid.ts';
import { answer, isSigned, type Json, publicKey, register, signedText, VERSION } from './wire.ts';

describe('codes', () => {
  // The secret of RFC 6238, appendix B; the last six digits of its eight.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [20_000_000_000, '353130'],
  ])('are those of RFC 6238 at %i', (seconds, code) => {
    expect(codeOf(secret, stepAt(seconds * 1000))).toBe(code);
  });

  it('are found half a minute early and late, and no further', () => {
    const now = 1_800_000_000_000;
    const found = (step: number) => findStep(secret, codeOf(secret, stepAt(now) + step), now);
    expect([-2, -1, 0, 1, 2].map((step) => found(step) !== undefined)).toEqual([false, true, true, true, false]);
  });

  it('come of secrets of 20 bytes in base32', () => {
    expect(newSecret(() => Buffer.from('12345678901234567890'))).toBe(secret);
  });
});

describe('a number typed on the phone', () => {
  it('is read as the service’s own fields read it, whatever is typed', async () => {
    // @ts-expect-error the app is served as it is written, in JavaScript, and declares nothing
    const { digitsOf } = await import('./app/digits.js');
    const character = fc.oneof(
      fc.constantFrom('4', '٤', '４', ' ', '–', 'ー', '\u200b', 'x'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    );
    fc.assert(
      fc.property(fc.array(character, { maxLength: 12 }), (typed) => {
        expect(digitsOf(typed.join(''))).toBe(typedDigits(typed.join('')));
      }),
    );
  });
});

describe('endpoints', () => {
  const usual = settings.parse({});

  it.each([
    'https://fcm.googleapis.com/fcm/send/abc:def',
    'https://updates.push.services.mozilla.com/wpush/v2/abc',
    'https://web.push.apple.com/abc',
    'https://wns2-par02p.notify.windows.com/w/?token=abc',
  ])('of browsers are allowed: %s', (endpoint) => {
    expect(isAllowed(endpoint, usual)).toBe(true);
  });

  it.each([
    'http://fcm.googleapis.com/x',
    'https://fcm.googleapis.com:8443/x',
    'https://fcm.googleapis.com.evil.example/x',
    'https://evilfcm.googleapis.com/x',
    'https://user@fcm.googleapis.com/x',
    'https://push.apple.com/x',
    'https://evilpush.apple.com/x',
    'https://fcm.googleapis.com\t/x',
    'HTTPS://FCM.googleapis.com/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://2130706433/x',
    'javascript:alert(1)',
    '',
  ])('elsewhere are refused: %s', (endpoint) => {
    expect(isAllowed(endpoint, usual)).toBe(false);
  });

  it('are https on a listed host, whatever else stands in them', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        expect(isAllowed(url, { services: ['push.invalid'] })).toBe(false);
      }),
    );
  });
});

describe('settings', () => {
  it.each([
    { services: ['https://fcm.googleapis.com'] },
    { services: ['*'] },
    { services: ['*.com'] },
    { services: ['http://10.0.0.1'] },
    { services: [] },
    { app: 'https://app.example.org/path' },
    { app: 'http://app.example.org' },
    { subject: 'somebody' },
    { wait: 5 },
    { other: true },
  ])('refuse %j', (given) => {
    expect(settings.safeParse(given).success).toBe(false);
  });

  it('have somebody whom push services may write to', () => {
    expect(subjectOf(undefined, 'https://login.example.org')).toBe('https://login.example.org');
    expect(subjectOf(undefined, 'http://localhost:3000')).toBe('mailto:administrator@localhost');
    expect(subjectOf('mailto:a@b.example', 'https://login.example.org')).toBe('mailto:a@b.example');
  });
});

describe('what is signed', () => {
  it('is another text for another body, whichever fields it has', () => {
    const json = fc.letrec<{ value: Json; object: { [name: string]: Json } }>((tie) => ({
      value: fc.oneof(fc.string({ unit: 'binary' }), fc.nat(), fc.constant(null), tie('object')),
      object: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    })).object;
    const text = (body: { [name: string]: Json }) => signedText('answer', 'i', { ...body, v: VERSION });
    fc.assert(
      fc.property(json, json, (one, other) => {
        const same = isDeepStrictEqual({ ...one, v: 0 }, { ...other, v: 0 });
        expect(text(one) === text(other)).toBe(same);
        expect(text(Object.fromEntries(Object.entries(one).reverse()))).toBe(text(one));
      }),
    );
  });

  it('was another text for other fields before: none can hold a line break', () => {
    const body = { device: 'd', request: 'r', decision: 'approve', number: '1\n2', signature: 'A'.repeat(86) };
    expect(answer.safeParse(body).success).toBe(false);
    expect(answer.safeParse({ ...body, number: '12' }).success).toBe(true);
    expect(register.safeParse({ name: 'a\u2028b' }).error?.issues.some(({ path }) => path[0] === 'name')).toBe(true);
    // What signed some of its fields alone is taken no more.
    for (const purpose of ['register', 'subscription'] as const) expect(signedText(purpose, 'i', {})).toBeUndefined();
  });

  it.each([1, 2] as const)('is checked with the key that it was signed with, of 64 bytes, in version %i', (wire) => {
    const phone = new Phone({ wire });
    const key = publicKey(phone.jwk);
    const { signature, ...body } = phone.signed('pending', { device: 'a', at: 1, nonce: 'b' }, 'i');
    if (key === undefined) throw new Error('no key');
    const text = signedText('pending', 'i', body);
    expect(isSigned(key, text, signature)).toBe(true);
    expect(isSigned(key, signedText('answer', 'i', body), signature)).toBe(false);
    expect(isSigned(key, signedText('pending', 'j', body), signature)).toBe(false);
    expect(isSigned(key, signedText('pending', 'i', { ...body, at: 2 }), signature)).toBe(false);
    expect(isSigned(key, undefined, signature)).toBe(false);
    for (const bad of ['', 'AA', 'A'.repeat(86), signature.slice(0, 80)]) {
      expect(isSigned(key, text, bad)).toBe(false);
    }
    expect(publicKey({ ...phone.jwk, x: 'A'.repeat(43) })).toBeUndefined();
  });
});
