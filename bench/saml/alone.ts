import { createPrivateKey, randomBytes } from 'node:crypto';
import * as samlify from 'samlify';
import { SignedXml } from 'xml-crypto';
import { createResponder } from '../../src/doors/saml/response/response.ts';
import { NAME_ID_FORMATS } from '../../src/saml/model.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { METHODS, type Signer } from '../../src/saml/writing/sign.ts';
import { perCore } from '../rates.ts';

type Row = Record<string, string | number>;

const IDP = 'https://idp.example.org/metadata';
const SP = 'https://sp.example.org/metadata';
const ACS = 'https://sp.example.org/acs';
const DURATION = 3_000;

function ours({ privateKey, publicKey, certificate }: Identity, sign: 'assertion' | 'both'): () => Promise<string> {
  const random = (bytes: number) => randomBytes(bytes);
  const responder = createResponder({ entityId: IDP, now: Date.now, random, skew: 90_000, assertionLifetime: 300_000 });
  const key = { id: 'k', algorithm: 'RS256' as const, privateKey, publicKey, certificate, activeFrom: 0 };
  const signer: Signer = { method: METHODS['RSA-SHA256'], digest: 'sha256', key };
  return () =>
    responder.success({
      audience: SP,
      destination: ACS,
      nameId: { value: 'abc', format: NAME_ID_FORMATS.persistent },
      authnInstant: Date.now(),
      sessionIndex: 'index',
      sessionNotOnOrAfter: Date.now() + 3_600_000,
      authnContextClass: 'https://refeds.org/profile/mfa',
      attributes: [{ name: 'urn:oid:0.9.2342.19200300.100.1.3', friendlyName: 'mail', values: ['a@example.org'] }],
      inResponseTo: '_request',
      signer,
      sign,
    });
}

/** samlify as its documentation has it: template, signature of the assertion, base64. */
function samlifys(identity: Identity): () => Promise<unknown> {
  samlify.setSchemaValidator({ validate: async () => 'skipped' });
  const idp = samlify.IdentityProvider({
    entityID: IDP,
    privateKey: identity.privateKeyPem,
    signingCert: identity.certificate,
    requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    nameIDFormat: [NAME_ID_FORMATS.persistent],
    singleSignOnService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: IDP }],
    singleLogoutService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: IDP }],
  });
  const sp = samlify.ServiceProvider({
    entityID: SP,
    wantAssertionsSigned: true,
    assertionConsumerService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: ACS }],
  });
  const requestInfo = { extract: { request: { id: '_request' } } };
  return () => idp.createLoginResponse(sp, requestInfo, 'post', { email: 'a@example.org' });
}

/** xml-crypto with a cached key, over the same assertion. */
function xmlCryptos(identity: Identity, assertion: string): () => string {
  const privateKey = createPrivateKey(identity.privateKeyPem);
  return () => {
    const signed = new SignedXml({
      privateKey,
      signatureAlgorithm: METHODS['RSA-SHA256'].uri,
      canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
    });
    signed.addReference({
      xpath: "//*[local-name(.)='Assertion']",
      digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
      transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'],
    });
    signed.computeSignature(assertion);
    return signed.getSignedXml();
  };
}

/** Building and signing alone, ours and others', in one process. `beside`: RSA-2048 signatures per second. */
export async function alone(beside: number): Promise<Row[]> {
  const identity = await createIdentity();
  const text = await ours(identity, 'assertion')();
  const [assertion = ''] = /<saml:Assertion.*<\/saml:Assertion>/s.exec(text) ?? [];
  const unsigned = assertion.replace(/<ds:Signature.*<\/ds:Signature>/s, '');
  const kinds: Record<string, () => unknown> = {
    'alone: ours, assertion signed': ours(identity, 'assertion'),
    'alone: ours, both signed': ours(identity, 'both'),
    'alone: xml-crypto, cached key': xmlCryptos(identity, unsigned),
    'alone: samlify createLoginResponse': samlifys(identity),
  };
  const rows: Row[] = [];
  for (const [request, once] of Object.entries(kinds)) {
    const perSecond = await perCore(once, DURATION);
    const rounded = Math.round(perSecond);
    rows.push({
      ...{ store: '', request, 'responses/s': '', 'per core': rounded, 'RSA-2048/s': beside },
      ratio: (perSecond / beside).toFixed(2),
    });
  }
  return rows;
}
