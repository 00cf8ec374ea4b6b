import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fido2 from './index.ts';
import type { Data, Enrolled, Pending } from './schemas.ts';
import { ada, fixture, NOW } from './testing/fixture.ts';
import { CA, VECTORS, type Vector } from './testing/vectors.ts';

const encode = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');

/** Hex fields as the browser's JSON has them. */
function answerOf(vector: Vector, fields: Readonly<Record<string, string>>) {
  const id = encode(vector.credentialId);
  const response = Object.fromEntries(Object.entries(fields).map(([name, hex]) => [name, encode(hex)]));
  return { response: JSON.stringify({ id, rawId: id, type: 'public-key', response, clientExtensionResults: {} }) };
}

const roots = [new X509Certificate(Buffer.from(CA, 'hex')).toString()];
const made = fixture(
  { profiles: [{ name: 'vectors', attestation: 'preferred', trust: { roots } }] },
  { issuer: 'https://example.org' },
);

/** The same text with a digit changed, here and there. */
function changes(text: string): string[] {
  return [60, 100, text.length - 2].map(
    (at) => text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1),
  );
}

function register(vector: Vector) {
  const { challenge, ...fields } = vector.registration;
  const pending: Pending = {
    kind: 'enrol',
    challenge: encode(challenge),
    userHandle: 'AAAA',
    exclude: [],
    names: [],
    groups: [],
  };
  return made.factor.confirm?.(fido2.pending.parse(pending), answerOf(vector, fields));
}

function authenticate(vector: Vector, data: Data) {
  const { challenge, ...fields } = vector.authentication;
  const pending: Pending = { kind: 'challenge', challenge: encode(challenge), allow: [], uv: false };
  const credential: Enrolled = { id: 'c1', account: 'a1', factor: 'fido2', name: '', data, createdAt: NOW, version: 1 };
  return made.factor.verify(pending, [credential], answerOf(vector, fields), ada);
}

describe.each(VECTORS)('the vector of WebAuthn section 16: $name', (vector) => {
  it('is accepted, registration and authentication', async () => {
    const registered = await register(vector);
    if (registered?.outcome !== 'confirmed') throw new Error(JSON.stringify(registered));
    expect(registered.data.attestation !== undefined).toBe(vector.certified);
    expect(await authenticate(vector, registered.data)).toMatchObject({ outcome: 'proved' });
  });

  it('is refused with its end missing', async () => {
    const { attestationObject } = vector.registration;
    for (let missing = 2; missing < 80; missing += 2) {
      const registration = { ...vector.registration, attestationObject: attestationObject.slice(0, -missing) };
      expect(await register({ ...vector, registration })).toMatchObject({ outcome: 'refused' });
    }
  });

  it('is refused with a byte of the assertion’s signature changed', async () => {
    const registered = await register(vector);
    if (registered?.outcome !== 'confirmed') throw new Error('not confirmed');
    const { authentication } = vector;
    for (const signature of changes(authentication.signature)) {
      const other = { ...vector, authentication: { ...authentication, signature } };
      expect(await authenticate(other, registered.data)).toMatchObject({ outcome: 'refused' });
    }
  });
});

describe.each(VECTORS.filter(({ name }) => !name.startsWith('none')))('the signed registration: $name', (vector) => {
  it('is refused with a byte changed', async () => {
    for (const attestationObject of changes(vector.registration.attestationObject)) {
      const registration = { ...vector.registration, attestationObject };
      expect(await register({ ...vector, registration })).toMatchObject({ outcome: 'refused' });
    }
  });
});
