import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { STATUSES } from '../../../saml/model.ts';
import { NAMESPACES } from '../../../saml/namespaces.ts';
import { createIdentity } from '../../../saml/testing/identity.ts';
import { METHODS, type Signer, signerFor } from '../../../saml/writing/sign.ts';
import { type Element, withDocument } from '../../../saml/xml/library.ts';
import { checkSignature, claimedSignature, referenced } from '../../../saml/xml/signature.ts';
import { ACS, AUDIENCE, AWKWARD, createKeys, IDP, type Keys, responder, success } from '../testing/responses.ts';
import { recipientOf } from './encryption.ts';

let keys: Keys;
let signer: Signer;
beforeAll(async () => {
  keys = await createKeys();
  signer = signerFor(keys, { signingMethods: [], digestMethods: [] }, undefined, 'RSA-SHA256');
});

describe('a response', () => {
  it('says who, to whom, when and for how long', async () => {
    const xml = await responder().success(success(signer));
    const acs = 'https://sp.example.org/acs?a=1&amp;b=2';
    expect(xml).toMatch(
      new RegExp(`^<samlp:Response [^>]* Destination="${acs.replace('?', '\\?')}" [^>]*InResponseTo="_request" `),
    );
    expect(xml.split(`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${IDP}<`)).toHaveLength(2);
    expect(xml).toContain(`<saml:Issuer>${IDP}</saml:Issuer>`);
    expect(xml).toContain(
      `<saml:SubjectConfirmationData InResponseTo="_request" NotOnOrAfter="2026-11-22T12:05:00.007Z" Recipient="${acs}">`,
    );
    expect(xml).toContain(
      '<saml:Conditions NotBefore="2026-11-22T11:58:30.007Z" NotOnOrAfter="2026-11-22T12:05:00.007Z">',
    );
    expect(xml).toContain(`<saml:Audience>${AUDIENCE}</saml:Audience>`);
    expect(xml).toContain(
      '<saml:AuthnStatement AuthnInstant="2026-11-22T11:59:00.007Z" SessionIndex="session&quot;1" SessionNotOnOrAfter="2026-11-22T13:00:00.007Z">',
    );
    expect(xml.match(/IssueInstant="2026-11-22T12:00:00.007Z"/g)).toHaveLength(2);
    expect(xml).toContain('xsi:type="xs:string">staff@example.org</saml:AttributeValue>');
  });

  it('that nobody asked for answers no request', async () => {
    const { inResponseTo: _, sessionNotOnOrAfter: __, ...unasked } = success(signer);
    const xml = await responder().success(unasked);
    expect(xml).not.toContain('InResponseTo');
    expect(xml).not.toContain('SessionNotOnOrAfter');
  });

  it('has ids that are its own', async () => {
    const texts = await Promise.all(Array.from({ length: 20 }, () => responder().success(success(signer))));
    const ids = texts.flatMap((xml) => [...xml.matchAll(/ ID="(_[0-9a-f]{40})"/g)].map(([, id]) => id));
    expect(new Set(ids).size).toBe(40);
  });

  it('that refuses nests its codes', () => {
    const status = { ...STATUSES.noAuthnContext, message: 'not <today>' };
    const xml = responder().failure({ destination: ACS, signer, status });
    const [responderCode, second] = STATUSES.noAuthnContext.codes;
    expect(xml).toContain(
      `<samlp:Status><samlp:StatusCode Value="${responderCode}"><samlp:StatusCode Value="${second}"></samlp:StatusCode>` +
        '</samlp:StatusCode><samlp:StatusMessage>not &lt;today&gt;</samlp:StatusMessage></samlp:Status>',
    );
    expect(xml).not.toContain('Assertion');
  });
});

describe('signatures', () => {
  /** What libxml2 canonicalises and the gate verifies: the signed octets of the element that is found. */
  function signedOctets(xml: string, find: (root: Element) => Element | undefined): string {
    return withDocument(xml, { bytes: 1 << 20 }, ({ root }) => {
      const element = find(root) ?? root;
      const claimed = claimedSignature(element);
      if (claimed === undefined) throw new Error('no signature');
      checkSignature(claimed, [signer.key.publicKey]);
      return referenced(element, claimed).toString();
    });
  }

  it('hold whatever the values, and over nothing else', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...AWKWARD));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 3 }), text, text, async (values, name, other) => {
        const xml = await responder().success(
          success(signer, {
            destination: other,
            audience: other,
            nameId: { value: name, format: name, nameQualifier: other },
            attributes: [{ name, friendlyName: other, values }],
          }),
        );
        const message = signedOctets(xml, (root) => root);
        const assertion = signedOctets(xml, (root) => root.child(NAMESPACES.saml, 'Assertion'));
        expect(message.match(/<ds:Signature /g)).toHaveLength(1);
        expect(assertion).not.toContain('<ds:Signature');
        expect(assertion.match(/<saml:(?:AttributeValue|NameID|Audience)[ >]/g)).toHaveLength(values.length + 2);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the signer', () => {
  const offer = (...signingMethods: string[]) => ({ signingMethods, digestMethods: [] });
  const [rsa384, ecdsa] = [METHODS['RSA-SHA384'].uri, METHODS['ECDSA-SHA256'].uri];

  it('is of the application, else of the metadata, else of the door', () => {
    const weak = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1';
    expect(signerFor(keys, offer(ecdsa), 'RSA-SHA384', 'RSA-SHA256').method.uri).toBe(rsa384);
    expect(signerFor(keys, offer(weak, ecdsa, rsa384), undefined, 'RSA-SHA256').key.algorithm).toBe('ES256');
    expect(signerFor(keys, offer(rsa384), undefined, 'ECDSA-SHA256').method.uri).toBe(rsa384);
    expect(signerFor(keys, offer(weak), undefined, 'ECDSA-SHA256').method.uri).toBe(ecdsa);
  });

  it('uses no kind of key that is not published', () => {
    const rsaAlone = { ...keys, published: () => keys.published().filter(({ algorithm }) => algorithm === 'RS256') };
    expect(signerFor(rsaAlone, offer(ecdsa), undefined, 'RSA-SHA256').method.key).toBe('RS256');
  });
});

describe('whom an assertion is encrypted for', () => {
  const GCM = 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
  const SMALL = 'http://www.w3.org/2009/xmlenc11#aes128-gcm';
  const CBC = 'http://www.w3.org/2001/04/xmlenc#aes256-cbc';
  const of = (certificate: string, ...methods: string[]) => ({
    entityId: AUDIENCE,
    encryptionKeys: [{ certificate, methods }],
  });

  it('gets AES-GCM, by its metadata', () => {
    const { certificate } = keys.identities.RS256;
    expect(recipientOf(of(certificate), 'offered')).toEqual({ certificate, method: GCM });
    expect(recipientOf(of(certificate, CBC), 'offered')?.method).toBe(GCM);
    expect(recipientOf(of(certificate, SMALL, CBC), 'offered')?.method).toBe(SMALL);
    expect(recipientOf(of(certificate, SMALL, GCM), 'required')?.method).toBe(GCM);
    expect(recipientOf(of(certificate), 'never')).toBeUndefined();
  });

  it('needs an RSA key of 2048 bits or more', async () => {
    const { certificate: short } = await createIdentity('rsa', 1024);
    expect(new X509Certificate(Buffer.from(short, 'base64')).publicKey.asymmetricKeyDetails?.modulusLength).toBe(1024);
    for (const certificate of [keys.identities.ES256.certificate, short, 'AAAA']) {
      expect(recipientOf(of(certificate), 'offered')).toBeUndefined();
      expect(() => recipientOf(of(certificate), 'required')).toThrow(expect.objectContaining({ fault: 'metadata' }));
    }
  });
});
