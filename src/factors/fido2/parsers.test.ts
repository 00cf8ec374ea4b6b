import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ceremonyFault, flagsOf } from './ceremony.ts';
import { anchorsOf, extensionsOf } from './certificates.ts';
import { all, first, oid, only } from './der.ts';
import { SoftwareAuthenticator } from './double.ts';
import { isSoundKey } from './keys.ts';
import { attestationObjectOf } from './library.ts';
import { readBlob } from './mds/blob.ts';
import { assertionOf, registrationOf } from './response.ts';
import { issue } from './testing/certificates.ts';
import * as der from './testing/der.ts';
import { NOW } from './testing/fixture.ts';
import { blobOf, createService } from './testing/metadata.ts';
import { VECTORS } from './testing/vectors.ts';

const anyBytes = fc.uint8Array({ maxLength: 200 });
const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

describe('DER', () => {
  const tag = fc.integer({ min: 1, max: 0x1e });

  it('reads back what was written, of any length', () => {
    fc.assert(
      fc.property(tag, fc.uint8Array({ maxLength: 70_000 }), (given, content) => {
        expect(Buffer.from(only(der.element(given, content), given)).equals(content)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('reads back object identifiers', () => {
    const arcs = fc.array(fc.integer({ min: 0, max: 2 ** 31 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom('0.39', '1.2', '1.3', '2.5', '2.39'), arcs, (root, more) => {
        const dotted = [root, ...more].join('.');
        expect(oid(only(der.oid(dotted), 0x06))).toBe(dotted);
      }),
    );
  });

  it('gives elements that cover the bytes, or a TypeError, for anything', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        try {
          const { element, rest } = first(bytes);
          expect(element.content.length + rest.length).toBeLessThan(bytes.length);
          all(bytes);
          oid(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  });

  it.each([
    ['an indefinite length', '3080'],
    ['a long form of a short length', '308105'],
    ['a length with a leading zero', '3082008000'],
    ['less than announced', '3005'],
    ['a high tag', '1f8100'],
    ['nothing', ''],
  ])('refuses %s', (_case, hex) => {
    expect(() => first(Buffer.from(hex, 'hex'))).toThrow(TypeError);
  });

  it('refuses what follows', () => {
    expect(() => only(Buffer.from('04010000', 'hex'), 0x04)).toThrow(/something follows/);
  });
});

describe('certificates', () => {
  it('lead nowhere when any byte is changed', () => {
    const root = issue({ ca: true });
    const leaf = issue({ issuer: root });
    expect(anchorsOf([leaf.certificate], [root.certificate], NOW)).toHaveLength(1);
    fc.assert(
      fc.property(fc.nat({ max: leaf.certificate.raw.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const bytes = Buffer.from(leaf.certificate.raw);
        bytes.writeUInt8((bytes[at] ?? 0) ^ mask, at);
        let changed: X509Certificate;
        try {
          changed = new X509Certificate(bytes);
        } catch {
          return;
        }
        expect(anchorsOf([changed], [root.certificate], NOW)).toEqual([]);
      }),
    );
  });

  it('have no extensions by default, and each once', () => {
    const twice = der.sequence(der.oid('1.2.3'), der.octets(Buffer.alloc(0)));
    expect([...extensionsOf(issue().certificate).keys()]).toEqual(['2.5.29.19']);
    expect(() => extensionsOf(issue({ extensions: [twice, twice] }).certificate)).toThrow(/comes twice/);
  });

  it('aren’t followed further than is sensible', () => {
    const root = issue({ ca: true, name: 'A' });
    const chain = [root];
    for (let at = 0; at < 6; at++) chain.unshift(issue({ issuer: chain[0] ?? root, ca: true, name: `${at}` }));
    const certificates = chain.map(({ certificate }) => certificate);
    expect(anchorsOf(certificates.slice(1), [root.certificate], NOW)).toHaveLength(1);
    expect(anchorsOf(certificates, [root.certificate], NOW)).toEqual([]);
    expect(anchorsOf([], [root.certificate], NOW)).toEqual([]);
  });
});

describe('answers', () => {
  it('are parsed or refused, whatever they are', () => {
    const json = fc.oneof(
      fc.json(),
      fc.string(),
      fc.record({ id: fc.string(), response: fc.object() }).map((it) => JSON.stringify(it)),
    );
    fc.assert(
      fc.property(json, (response) => {
        expect(registrationOf({ response })).toBeUndefined();
        expect(assertionOf({ response })).toBeUndefined();
      }),
    );
  });

  it('of any CBOR never throw', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(attestationObjectOf(encode(bytes))).toBeUndefined();
      }),
    );
    const packed = VECTORS.find(({ name }) => name === 'packed attestation, ES256');
    const whole = Buffer.from(packed?.registration.attestationObject ?? '', 'hex');
    expect(attestationObjectOf(encode(whole))).toMatchObject({ format: 'packed', x5c: [expect.anything()] });
  });

  it('have a key that is whole, on its curve, and long enough', () => {
    const key = new SoftwareAuthenticator('x').publicKey;
    expect(isSoundKey(key)).toBe(true);
    for (const algorithm of ['RS256', 'EdDSA'] as const) {
      expect(isSoundKey(new SoftwareAuthenticator('x', { algorithm }).publicKey)).toBe(true);
    }
    fc.assert(fc.property(fc.nat({ max: key.length - 1 }), (length) => !isSoundKey(key.subarray(0, length))));
    fc.assert(fc.property(anyBytes, (bytes) => !isSoundKey(bytes)));
    const off = Uint8Array.from(key, (byte, at) => (at === key.length - 1 ? byte ^ 1 : byte));
    expect(isSoundKey(off)).toBe(false);
    const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const parts: [number, number | Uint8Array][] = [
      [1, 3],
      [3, -257],
    ];
    for (const [label, text] of [
      [-1, n],
      [-2, e],
    ] as const)
      parts.push([label, new Uint8Array(Buffer.from(text, 'base64url'))]);
    expect(isSoundKey(isoCBOR.encode(new Map(parts)))).toBe(false);
  });

  it('have client data and flags that are read without throwing', () => {
    const expected = {
      type: 'webauthn.get',
      challenge: 'AAAA',
      origins: ['https://a.example'],
      rpId: 'a.example',
      uv: true,
    } as const;
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), anyBytes, (text, data) => {
        expect(ceremonyFault(encode(Buffer.from(text)), data, expected)).toBeDefined();
        if (data.length >= 37) expect(flagsOf(data).counter).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

it('a blob is refused when any character is changed', () => {
  const service = createService();
  const trust = { root: service.root.certificate, signer: 'mds.fidoalliance.org' };
  const blob = blobOf(service);
  expect(readBlob(blob, trust, NOW).no).toBe(1);
  // The last characters of a part may have bits that mean nothing.
  const parts = blob
    .split('.')
    .map((part) => part.slice(0, -2))
    .join('--').length;
  fc.assert(
    fc.property(fc.nat({ max: parts }), fc.constantFrom('A', 'z', '.', '!'), (at, character) => {
      fc.pre(blob[at] !== character && blob[at + 1] !== '.' && blob[at + 2] !== '.');
      expect(() => readBlob(blob.slice(0, at) + character + blob.slice(at + 1), trust, NOW)).toThrow();
    }),
    { numRuns: 200 },
  );
});
