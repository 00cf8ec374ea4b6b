import type { KeyObject } from 'node:crypto';
import { SamlFault } from '../errors.ts';
import { MAX_RESPONSE } from '../gate/wire.ts';
import { publicKeys } from '../xml/algorithms.ts';
import { type Document, type Element, NS, path, schema, withDocument } from '../xml/library.ts';
import { elementsAndTextAlone, idsOnce } from '../xml/plain.ts';
import { type ClaimedSignature, checkSignature, claimedSignature, referenced } from '../xml/signature.ts';
import { given, instant, issuerOf } from '../xml/values.ts';
import { readAssertion } from './assertion.ts';
import { OF_THE_ASSERTION, OF_THE_RESPONSE } from './checks.ts';
import { decryptedAssertion } from './decryption.ts';
import type { Answer, Assertion, Envelope, Expected, Said } from './model.ts';

/** What a Response may hold, before it is parsed: some hundred groups, each with the declarations that products repeat. */
export const RESPONSE_BOUNDS = {
  bytes: MAX_RESPONSE,
  depth: 24,
  elements: 5000,
  attributes: 15_000,
  declarations: 40,
} as const;

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** Compiles the schema ahead of the first Response (about 100 ms): for whoever starts. */
export const prepareResponses = (): void => void schema('response');

/**
 * Reads the Response of an identity provider that was asked, as a service provider does (saml-profiles section 4.1.4).
 * Pure: what may be used once (the request, the assertion's ID) is for whoever calls to take.
 *
 * In this order: the XML (bounds, no DOCTYPE, no comments, the schema), where signatures and assertions may stand, the
 * Response's signature; from there on only what it covers is read. Then the assertion, decrypted where it is encrypted
 * and parsed anew with the same checks; its own signature; and of it, too, only the signed octets.
 *
 * Throws SamlFault for whatever is wrong with it.
 */
export function readResponse(xml: Uint8Array, expected: Expected): Answer {
  const keys = publicKeys(expected.certificates);
  const signature = checkedDocument(xml, 'Response', claimedSignature);
  if (signature) checkSignature(signature, keys);
  const octets = signature ? withRoot(xml, (root) => referenced(root, signature)) : xml;
  return withRoot(octets, (root) => {
    const signed = signature !== undefined;
    const envelope = envelopeOf(root);
    for (const check of OF_THE_RESPONSE) check({ envelope, signed, expected });
    const carried = carriedBy(root, envelope);
    if (!carried) return { kind: 'refused', codes: envelope.codes, ...given('message', envelope.message) };
    return { kind: 'said', said: saidIn(carried, { expected, keys, signed }) };
  });
}

/**
 * Whom a Response claims to be from and what to answer: believed of nobody, a hint for whoever looks the request up, or
 * begins one where there was none. Throws SamlFault for what is no Response.
 */
export function claimsOf(xml: Uint8Array): { issuer?: string; inResponseTo?: string } {
  return checkedDocument(xml, 'Response', (root) => {
    const assertion = root.child(NS.saml, 'Assertion');
    return {
      ...given('issuer', issuerOf(root) ?? (assertion && issuerOf(assertion))),
      ...given('inResponseTo', root.attribute('InResponseTo')),
    };
  });
}

type Root = 'Response' | 'Assertion';

/**
 * The checks of a document, in order; those of the XML itself were made by `withDocument`. The schema comes late: for
 * each of a thousand misplaced signatures it would have something to say.
 */
const CHECKS: readonly ((document: Document, root: Root) => void)[] = [
  elementsAndTextAlone,
  expectedRoot,
  assertionsInPlace,
  signaturesInPlace,
  (document) => document.validate(schema('response')),
  idsOnce,
];

/** Parses what a stranger wrote, and hands on its root once it has passed. */
function checkedDocument<T>(xml: Uint8Array, name: Root, read: (root: Element) => T): T {
  return withDocument(xml, RESPONSE_BOUNDS, (document) => {
    for (const check of CHECKS) check(document, name);
    return read(document.root);
  });
}

/** Octets that have passed, or were cut from such. */
function withRoot<T>(octets: Uint8Array, read: (root: Element) => T): T {
  return withDocument(octets, RESPONSE_BOUNDS, ({ root }) => read(root));
}

function expectedRoot({ root }: Document, name: Root): void {
  if (!root.is(name === 'Response' ? NS.samlp : NS.saml, name))
    throw new SamlFault('kind', `${root.name} is not a ${name}`);
  if (root.attribute('Version') !== '2.0') throw new SamlFault('kind', 'not of version 2.0');
}

/**
 * Anywhere in the document one assertion, a child of the Response; in an assertion no other. A second one is a decoy,
 * wherever it stands (Extensions, Advice, an Object of a signature): what is verified may not be what is read.
 */
const ASSERTIONS = path('//saml:Assertion | //saml:EncryptedAssertion');
function assertionsInPlace(document: Document, name: Root): void {
  const [first, ...others] = document.find(ASSERTIONS);
  const place = name === 'Response' ? first?.parent : first;
  if (others.length > 0 || (place && !place.same(document.root)))
    throw new SamlFault('assertion', 'more than one, or not where it belongs');
}

/** Signatures are children of the Response or its assertion, one each (`claimedSignature`). */
const SIGNATURES = path('//ds:Signature');
function signaturesInPlace(document: Document): void {
  const [assertion] = document.find(ASSERTIONS);
  for (const { parent } of document.find(SIGNATURES))
    if (!parent?.same(document.root) && !(assertion && parent?.same(assertion)))
      throw new SamlFault('signature', 'not a child of the Response or its assertion');
}

function envelopeOf(root: Element): Envelope {
  const status = root.child(NS.samlp, 'Status');
  const codes: string[] = [];
  for (let code = status?.child(NS.samlp, 'StatusCode'); code; code = code.child(NS.samlp, 'StatusCode'))
    codes.push(code.attribute('Value') ?? '');
  return {
    id: root.attribute('ID') ?? '',
    ...given('issuer', issuerOf(root)),
    issueInstant: instant(root.attribute('IssueInstant')) ?? 0,
    ...given('destination', root.attribute('Destination')),
    ...given('inResponseTo', root.attribute('InResponseTo')),
    codes,
    ...given('message', status?.child(NS.samlp, 'StatusMessage')?.text.slice(0, 500)),
  };
}

/** With success exactly one assertion, without it none (saml-profiles section 4.1.4.2). */
function carriedBy(root: Element, { codes }: Envelope): Element | undefined {
  const carried = root.child(NS.saml, 'Assertion') ?? root.child(NS.saml, 'EncryptedAssertion');
  const succeeded = codes[0] === SUCCESS;
  if (succeeded === (carried !== undefined)) return carried;
  throw new SamlFault('assertion', succeeded ? 'success without an assertion' : 'an assertion beside a failure');
}

/** What the assertion of a Response is read with. */
interface Reading {
  expected: Expected;
  /** Of the provider. */
  keys: readonly KeyObject[];
  /** The Response's signature was verified, and covers what is read. */
  signed: boolean;
}

function saidIn(carried: Element, reading: Reading): Said {
  const { expected, signed } = reading;
  const encrypted = carried.name === 'EncryptedAssertion';
  const cut = encrypted ? fromCipherText(carried, reading) : cutOut(carried, reading);
  const assertion = withRoot(cut.octets, readAssertion);
  for (const check of OF_THE_ASSERTION) check({ assertion, expected });
  return { ...said(assertion, expected), signed: { response: signed, assertion: cut.signed }, encrypted };
}

function fromCipherText(carried: Element, reading: Reading): Cut {
  const { expected, signed } = reading;
  const text = decryptedAssertion(carried, expected.decryption, signed && expected.cbc === true);
  return checkedDocument(text, 'Assertion', (root) => cutOut(root, reading));
}

/** All that may be read of an assertion, and whether its own signature says so. */
interface Cut {
  octets: Buffer;
  signed: boolean;
}

/** A signature that is there must be right, whether or not another covers it already. */
function cutOut(assertion: Element, { keys, signed }: Reading): Cut {
  const signature: ClaimedSignature | undefined = claimedSignature(assertion);
  if (signature) {
    checkSignature(signature, keys);
    return { octets: referenced(assertion, signature), signed: true };
  }
  if (!signed) throw new SamlFault('unsigned', 'neither the Response nor its assertion bears a signature');
  return { octets: assertion.canonical(), signed: false };
}

function said(assertion: Assertion, { now, skew }: Expected): Omit<Said, 'signed' | 'encrypted'> {
  const { id, issuer, nameId, attributes, confirmations, authentications } = assertion;
  const { authnInstant = now, authorities = [], ...statement } = authentications[0] ?? {};
  const ends = confirmations.map(({ notOnOrAfter = 0 }) => notOnOrAfter + skew);
  return {
    assertion: id,
    until: Math.max(...ends),
    issuer,
    ...given('nameId', nameId),
    attributes,
    authnInstant: Math.min(authnInstant, now),
    authorities,
    ...statement,
  };
}
