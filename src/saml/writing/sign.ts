import { hash, sign } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { KeyAlgorithm, Keyring, SigningKey } from '../../core/keyring.ts';
import type { ServiceProvider } from '../model.ts';
import { NAMESPACES } from '../namespaces.ts';
import { element, escapeAttribute, write, writeAround, type XmlElement } from './canonical.ts';

/** What signs a message; the digest goes with it. */
export const ALGORITHMS = ['RSA-SHA256', 'RSA-SHA384', 'ECDSA-SHA256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
type Hash = 'sha256' | 'sha384';

/** Kinds of keys that messages are signed by. */
export type SamlKey = Extract<KeyAlgorithm, 'RS256' | 'ES256'>;

interface Method {
  uri: string;
  key: SamlKey;
  hash: Hash;
}

/** Signature algorithms (RFC 9231 section 2.3), with the kind of key that each takes. */
export const METHODS: Readonly<Record<Algorithm, Method>> = {
  'RSA-SHA256': { uri: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', key: 'RS256', hash: 'sha256' },
  'RSA-SHA384': { uri: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384', key: 'RS256', hash: 'sha384' },
  'ECDSA-SHA256': { uri: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256', key: 'ES256', hash: 'sha256' },
};

export const DIGESTS: Readonly<Record<Hash, string>> = {
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sha384: 'http://www.w3.org/2001/04/xmldsig-more#sha384',
};

/** What signs a message. */
export interface Signer {
  method: Method;
  digest: Hash;
  key: SigningKey;
}

/**
 * The signer for a receiver: what the operator names for it, else the first method of its metadata that we have a key
 * for (SAML metadata algorithm support section 2.3), else the one that is given for all.
 */
export function signerFor(
  keys: Keyring,
  provider: Pick<ServiceProvider, 'signingMethods' | 'digestMethods'>,
  named: Algorithm | undefined,
  otherwise: Algorithm,
): Signer {
  const method = METHODS[named ?? offered(keys, provider.signingMethods) ?? otherwise];
  const digest = provider.digestMethods.map(hashOf).find((known) => known !== undefined) ?? method.hash;
  return { method, digest, key: keys.active(method.key) };
}

function offered(keys: Keyring, uris: readonly string[]): Algorithm | undefined {
  const kinds = new Set(keys.published().map(({ algorithm }) => algorithm));
  const ours = (Object.keys(METHODS) as Algorithm[]).filter((algorithm) => kinds.has(METHODS[algorithm].key));
  for (const uri of uris) {
    const found = ours.find((algorithm) => METHODS[algorithm].uri === uri);
    if (found) return found;
  }
  return undefined;
}

function hashOf(uri: string): Hash | undefined {
  return (Object.keys(DIGESTS) as Hash[]).find((known) => DIGESTS[known] === uri);
}

/**
 * Writes an element with an enveloped signature after its first `at` children (saml-core section 5.4). Its `ID` is
 * the reference. `typed`: it declares xs, which only values use, and which the transform therefore has to name.
 */
export function writeSigned(root: XmlElement, at: number, signer: Signer, typed = false): string {
  const { octets, finish } = toBeSigned(root, at, signer, typed);
  return finish(signatureOf(octets, signer));
}

/** The same; where there is a second processor, a thread of Node's signs, and this one goes on. */
export async function writeSignedAside(root: XmlElement, at: number, signer: Signer, typed = false): Promise<string> {
  const { octets, finish } = toBeSigned(root, at, signer, typed);
  return finish(SEVERAL ? await signatureAside(octets, signer) : signatureOf(octets, signer));
}

const SEVERAL = availableParallelism() > 1;

interface ToBeSigned {
  /** The canonical form of SignedInfo. */
  octets: string;
  /** The element, with a signature over them in base64. */
  finish(value: string): string;
}

function toBeSigned(root: XmlElement, at: number, signer: Signer, typed: boolean): ToBeSigned {
  const [before, after] = writeAround(root, at);
  const id = root.attributes?.ID;
  if (id === undefined) throw new TypeError(`${root.name} has no ID to refer to`);
  const digest = hash(signer.digest, before + after, 'base64');
  const [head, middle, tail] = templateOf(signer, typed);
  const rest = escapeAttribute(id) + middle + digest + tail;
  // Inside ds:Signature the prefix is declared already.
  const begun = `${before}<ds:Signature${DECLARATION}><ds:SignedInfo${head}${rest}<ds:SignatureValue>`;
  return {
    octets: `<ds:SignedInfo${DECLARATION}${head}${rest}`,
    finish: (value) => `${begun}${value}</ds:SignatureValue>${keyInfo(signer.key)}</ds:Signature>${after}`,
  };
}

const EXCLUSIVE = NAMESPACES.ec;
const ENVELOPED = `${NAMESPACES.ds}enveloped-signature`;
const DECLARATION = ` xmlns:ds="${NAMESPACES.ds}"`;
const TYPED = element('ec:InclusiveNamespaces', { PrefixList: 'xs' });

/** SignedInfo after its declaration: up to the reference, up to the digest, and the rest. */
type Template = readonly [head: string, middle: string, tail: string];
const templates = new Map<string, Template>();

function templateOf(signer: Signer, typed: boolean): Template {
  const key = `${signer.method.uri} ${signer.digest} ${typed}`;
  const known = templates.get(key);
  if (known) return known;
  const written = write(signedInfo('|', '|', signer, typed));
  const [head = '', middle = '', tail = ''] = written.slice(`<ds:SignedInfo${DECLARATION}`.length).split('|');
  const made: Template = [head, middle, tail];
  templates.set(key, made);
  return made;
}

function signedInfo(id: string, digest: string, signer: Signer, typed: boolean): XmlElement {
  return element(
    'ds:SignedInfo',
    {},
    element('ds:CanonicalizationMethod', { Algorithm: EXCLUSIVE }),
    element('ds:SignatureMethod', { Algorithm: signer.method.uri }),
    element(
      'ds:Reference',
      { URI: `#${id}` },
      element(
        'ds:Transforms',
        {},
        element('ds:Transform', { Algorithm: ENVELOPED }),
        element('ds:Transform', { Algorithm: EXCLUSIVE }, typed ? TYPED : undefined),
      ),
      element('ds:DigestMethod', { Algorithm: DIGESTS[signer.digest] }),
      element('ds:DigestValue', {}, digest),
    ),
  );
}

function keyInfo({ certificate }: SigningKey): string {
  if (certificate === undefined) return '';
  return `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
}

/** Base64. ECDSA is r and s, one after the other (RFC 9231 section 2.3.6); RSA ignores that. */
function signatureOf(octets: string, signer: Signer): string {
  return sign(signer.method.hash, Buffer.from(octets), keyOf(signer)).toString('base64');
}

const signInThread = promisify(sign);

async function signatureAside(octets: string, signer: Signer): Promise<string> {
  return (await signInThread(signer.method.hash, Buffer.from(octets), keyOf(signer))).toString('base64');
}

const keyOf = ({ key }: Signer) => ({ key: key.privateKey, dsaEncoding: 'ieee-p1363' }) as const;

/**
 * A query with SigAlg and Signature after it (saml-bindings section 3.4.4.1). `query` holds SAMLRequest or
 * SAMLResponse and RelayState, encoded as it will be sent: these octets are what is signed.
 */
export function signQuery(query: string, signer: Signer): string {
  const octets = `${query}&SigAlg=${encodeURIComponent(signer.method.uri)}`;
  return `${octets}&Signature=${encodeURIComponent(signatureOf(octets, signer))}`;
}
