import { randomBytes } from 'node:crypto';
import type { Keyring, SigningKey } from '../../../core/keyring.ts';
import { NAME_ID_FORMATS } from '../../../saml/model.ts';
import { createIdentity, type Identity } from '../../../saml/testing/identity.ts';
import type { SamlKey, Signer } from '../../../saml/writing/sign.ts';
import { createResponder, type Success } from '../response/response.ts';

/** What tests of our own messages share: an identity provider, its keys, and a person with awkward values. */
export const IDP = 'https://idp.example.org/saml/metadata';
export const ACS = 'https://sp.example.org/acs?a=1&b=2';
export const AUDIENCE = 'https://sp.example.org/shibboleth';
export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 7);

/** Values that mean something in XML, in templates of other libraries, or nothing that XML can carry. */
export const AWKWARD = [
  '</saml:AttributeValue><saml:AttributeValue>admin',
  `<>&"' ]]> <!-- --> <?pi?> &amp; &#0;`,
  'line\r\nline\rline\n\ttab',
  '{Attributes} {NameID} $& $1',
  '𝒳 🎓 é ﷽ \u200E',
  'ad\0min \x08 \x1F \x7F \x85 \u2028 \uFFFE \uFFFF',
  '\uD83D alone',
];

export interface Keys extends Keyring {
  identities: Readonly<Record<SamlKey, Identity>>;
}

export async function createKeys(): Promise<Keys> {
  const identities = { RS256: await createIdentity('rsa'), ES256: await createIdentity('ec') };
  const key = (algorithm: SamlKey): SigningKey => {
    const { certificate, privateKey, publicKey } = identities[algorithm];
    return { id: algorithm, algorithm, privateKey, publicKey, certificate, activeFrom: 0 };
  };
  const keys = { RS256: key('RS256'), ES256: key('ES256') };
  return {
    identities,
    active: (algorithm) => keys[algorithm as SamlKey],
    published: () => Object.values(keys),
    onChange: () => undefined,
  };
}

export const sender = { entityId: IDP, now: () => NOW, random: (bytes: number) => randomBytes(bytes) };

export const responder = (now = NOW) =>
  createResponder({ ...sender, now: () => now, skew: 90_000, assertionLifetime: 300_000 });

/** A success with everything in it. */
export function success(signer: Signer, change: Partial<Success> = {}): Success {
  return {
    destination: ACS,
    inResponseTo: '_request',
    signer,
    sign: 'both',
    audience: AUDIENCE,
    nameId: {
      value: 'a&b',
      format: NAME_ID_FORMATS.persistent,
      nameQualifier: IDP,
      spNameQualifier: AUDIENCE,
    },
    authnInstant: NOW - 60_000,
    sessionIndex: 'session"1',
    sessionNotOnOrAfter: NOW + 3_600_000,
    authnContextClass: 'https://refeds.org/profile/mfa',
    attributes: [
      { name: 'urn:oid:2.16.840.1.113730.3.1.241', friendlyName: 'displayName', values: AWKWARD },
      { name: 'urn:oid:1.3.6.1.4.1.5923.1.1.1.9', values: ['staff@example.org', 'member@example.org'] },
    ],
    ...change,
  };
}
