import type { LocalizedText } from '../../core/account.ts';
import type { Keyring } from '../../core/keyring.ts';
import { durationOf, instantOf } from '../metadata/times.ts';
import { element, type XmlContent, type XmlElement } from './canonical.ts';
import { METHODS, writeSigned } from './sign.ts';

/** Parts of the metadata that we publish, in either role (saml-metadata-2.0-os). */

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
/** What the gate accepts, in order of preference. */
const DIGEST_METHODS = [
  'http://www.w3.org/2001/04/xmlenc#sha256',
  `${MORE}sha384`,
  'http://www.w3.org/2001/04/xmlenc#sha512',
];
const SIGNING_METHODS = ['rsa', 'ecdsa'].flatMap((key) => [256, 384, 512].map((bits) => `${MORE}${key}-sha${bits}`));

/** For Extensions. Without these, Shibboleth's products sign with SHA-1 (SAML metadata algorithm support section 2). */
export const algorithmElements = (): XmlElement[] => [
  ...DIGEST_METHODS.map((uri) => element('alg:DigestMethod', { Algorithm: uri })),
  ...SIGNING_METHODS.map((uri) => element('alg:SigningMethod', { Algorithm: uri })),
];

/** A KeyDescriptor; `certificate`: base64 DER. `methods`: what may be encrypted with, in order of preference. */
export function keyElement(
  certificate: string,
  use: 'signing' | 'encryption',
  methods: readonly string[] = [],
): XmlElement {
  const data = element('ds:X509Data', {}, element('ds:X509Certificate', {}, certificate));
  const listed = methods.map((uri) => element('md:EncryptionMethod', { Algorithm: uri }));
  return element('md:KeyDescriptor', { use }, element('ds:KeyInfo', {}, data), ...listed);
}

/** A text in each of its languages, or in all that are offered where it has none of its own. */
export function localizedElements(
  name: XmlElement['name'],
  text: LocalizedText,
  locales: readonly string[],
): XmlElement[] {
  const texts = typeof text === 'string' ? locales.map((locale) => [locale, text] as const) : Object.entries(text);
  return texts.map(([locale, value]) => element(name, { 'xml:lang': locale }, value));
}

/** Who an entity descriptor is of, how long it holds, and what signs it. `lifetime`, `cache`: milliseconds. */
export interface OwnEntity {
  entityId: string;
  lifetime: number;
  cache: number;
  algorithm: keyof typeof METHODS;
  keyring: Keyring;
}

/** An `EntityDescriptor` of ours around `parts`, signed, valid from `at` on (saml-metadata section 2.3.2). */
export function signedEntity(
  { entityId, lifetime, cache, algorithm, keyring }: OwnEntity,
  at: number,
  ...parts: XmlContent[]
): string {
  const root = element(
    'md:EntityDescriptor',
    {
      ID: `_${at.toString(36)}`,
      entityID: entityId,
      validUntil: instantOf(at + lifetime),
      cacheDuration: durationOf(cache),
    },
    ...parts,
  );
  const method = METHODS[algorithm];
  return writeSigned(root, 0, { method, digest: method.hash, key: keyring.active(method.key) });
}

/**
 * What we publish: it stays the same text until the keys change or half its validity has passed, so that answering
 * costs nothing and whoever fetches it always gets one that is valid for a while. `lifetime`: milliseconds.
 */
export function published(
  keyring: Pick<Keyring, 'onChange'>,
  now: () => number,
  lifetime: number,
  make: (at: number) => string,
): { xml(): string } {
  let made: { xml: string; at: number } | undefined;
  keyring.onChange(() => {
    made = undefined;
  });
  return {
    xml() {
      const at = now();
      if (made === undefined || at < made.at || at >= made.at + lifetime / 2) made = { xml: make(at), at };
      return made.xml;
    },
  };
}
