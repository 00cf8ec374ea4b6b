import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { byPost, byRedirect, bySoap, entrance, otherParty } from '../../src/saml/testing/entrance.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { authnRequest, DIGEST, logoutRequest, SIGNATURE, SP, sign } from '../../src/saml/testing/messages.ts';

/** Messages of a service provider that somebody else has made or changed, at the gate of the SAML door. */

let sp: Identity;
let ec: Identity;
let attacker: Identity;

beforeAll(async () => {
  [sp, ec, attacker] = await Promise.all([createIdentity(), createIdentity('ec'), createIdentity('rsa', 2048, 'CN=x')]);
});

const at = (xml: string) => (xml.includes('AuthnRequest') ? 'AuthnRequest' : 'LogoutRequest');
const SIGNATURE_ELEMENT = /<ds:Signature .*<\/ds:Signature>/s;

/** Both kinds of request, as they were signed and as the attacker would have them. */
const REQUESTS = [
  ['AuthnRequest', () => authnRequest(), () => authnRequest({ attributes: 'ForceAuthn="false" ProviderName="evil"' })],
  ['LogoutRequest', () => logoutRequest(), () => logoutRequest({ content: '<saml:NameID>victim</saml:NameID>' })],
] as const;

const behind = (xml: string, mark: string, text: string): string => xml.replace(mark, () => mark + text);
const extensions = (xml: string): string => `<samlp:Extensions>${xml}</samlp:Extensions>`;
const close = (xml: string): string => `</samlp:${at(xml)}>`;

/** Where the eight classic shapes put the original, given the signature and a forged message to be read instead. */
const SHAPES: Readonly<Record<string, (evil: string, original: string, seal: string, signed: string) => string>> = {
  'XSW1, the original in the signature': (evil, original, seal) =>
    behind(evil, '</saml:Issuer>', seal.replace('</ds:Signature>', `${original}</ds:Signature>`)),
  'XSW2, the original before the signature': (evil, original, seal) =>
    behind(evil, '</saml:Issuer>', extensions(original) + seal),
  'XSW3, the forged one before the signed one': (evil, _original, _seal, signed) =>
    behind(evil, '</saml:Issuer>', extensions(signed)),
  'XSW4, the signed one at the end of the forged one': (evil, _original, _seal, signed) =>
    evil.replace(close(evil), signed + close(evil)),
  'XSW5, the signature in the forged one, the original at the end': (evil, original, seal) =>
    behind(evil, '</saml:Issuer>', seal).replace(close(evil), original + close(evil)),
  'XSW6, the original in KeyInfo': (evil, original, seal) =>
    behind(
      evil,
      '</saml:Issuer>',
      seal.replace('</ds:Signature>', `<ds:KeyInfo>${original}</ds:KeyInfo></ds:Signature>`),
    ),
  'XSW7, the original in Extensions': (evil, original, seal) =>
    behind(evil, '</saml:Issuer>', seal + extensions(original)),
  'XSW8, the original in an Object of the signature': (evil, original, seal) =>
    behind(
      evil,
      '</saml:Issuer>',
      seal.replace('</ds:Signature>', `<ds:Object>${original}</ds:Object></ds:Signature>`),
    ),
};

describe.each(REQUESTS)('a signed %s, wrapped', (_kind, genuine, forged) => {
  it.each(Object.entries(SHAPES))('%s: is refused, under an ID of its own and under the same', async (_name, wrap) => {
    const signed = sign(genuine(), sp);
    const seal = SIGNATURE_ELEMENT.exec(signed)?.[0] ?? '';
    expect(seal).not.toBe('');
    const original = signed.replace(seal, '');
    const id = /ID="([^"]+)"/.exec(signed)?.[1] ?? '';
    for (const evil of [forged(), forged().replace(/ID="[^"]+"/, `ID="${id}"`)]) {
      const wrapped = wrap(evil, original, seal, signed);
      const { fault } = entrance([sp]);
      for (const inbound of [byPost(wrapped), bySoap(wrapped)])
        expect(['signature', 'schema']).toContain(
          await fault({ ...inbound, kinds: ['AuthnRequest', 'LogoutRequest'] }),
        );
      expect(await fault(byPost(signed))).toBe('passed');
    }
  });

  it('and so is one beside it in the envelope', async () => {
    const signed = sign(genuine(), sp);
    const inbound = bySoap(signed);
    for (const [mark, text] of [
      ['<soap:Body>', `<soap:Body>${forged()}`],
      ['</soap:Body>', `${forged()}</soap:Body>`],
      ['<soap:Body>', `<soap:Header>${signed}</soap:Header><soap:Body>`],
    ] as const)
      expect(await entrance([sp]).fault({ ...inbound, body: inbound.body?.replace(mark, () => text) ?? '' })).toBe(
        'kind',
      );
  });

  it('and so is any change within', async () => {
    const signed = sign(genuine(), sp);
    for (const changed of [
      signed.replace('Version="2.0"', 'Version="2.0" Consent="urn:x"'),
      signed.replace(SP, `${SP}/other`),
      behind(signed, '</ds:Signature>', extensions('<x xmlns="urn:x"/>')),
    ])
      expect(await entrance([sp], { others: [otherParty([sp])] }).fault(byPost(changed))).toBe('signature');
  });
});

describe('what is cut in two', () => {
  it.each([['<!---->'], ['<!-- x -->'], ['<?x?>'], ['<?x y?>']])(
    '%s in an issuer or a name is refused',
    async (cut) => {
      const issuer = `${SP}${cut}.evil.example`;
      const content = `<saml:NameID>alice${cut}.evil</saml:NameID>`;
      for (const xml of [authnRequest({ issuer }), logoutRequest({ issuer }), logoutRequest({ content })]) {
        // xml-crypto signs no processing instructions.
        expect(await entrance([sp]).fault(byPost(cut.startsWith('<!') ? sign(xml, sp) : xml))).toBe('xml');
        expect(await entrance([sp]).fault(byRedirect(xml, { signer: sp }))).toBe('xml');
      }
      expect(await entrance([sp]).fault(byPost(behind(sign(authnRequest(), sp), '<saml:Issuer>', cut)))).toBe('xml');
    },
  );

  it('reads all of a text with CDATA and references in it', async () => {
    const content = '<saml:NameID>a<![CDATA[li]]>&#x63;e</saml:NameID>';
    const { receive } = entrance([sp]);
    for (const inbound of [
      byPost(sign(logoutRequest({ content }), sp)),
      byRedirect(logoutRequest({ content }), { signer: sp }),
    ])
      expect(await receive(inbound)).toMatchObject({ nameId: { value: 'alice' } });
  });

  it.each([
    ['<!DOCTYPE a>'],
    ['<!DOCTYPE a [<!ENTITY b "c">]>'],
    ['<!DOCTYPE a SYSTEM "file:///etc/passwd">'],
    ['<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY % b SYSTEM "http://x.example/">%b;]>'],
  ])('a message with %s is refused', async (doctype) => {
    const signed = sign(authnRequest(), sp);
    for (const inbound of [byPost(doctype + signed), byRedirect(doctype + authnRequest(), { signer: sp })])
      expect(await entrance([sp]).fault(inbound)).toBe('doctype');
  });
});

describe('signatures that are more than one, or less', () => {
  it('refuses a decoy beside the right one, wherever it stands', async () => {
    const signed = sign(authnRequest(), sp);
    const decoy = SIGNATURE_ELEMENT.exec(sign(authnRequest(), attacker))?.[0] ?? '';
    const places = {
      before: behind(signed, '</saml:Issuer>', decoy),
      'behind it': behind(signed, '</ds:Signature>', decoy),
      'in Extensions': behind(signed, '</ds:Signature>', extensions(decoy)),
      'in KeyInfo': signed.replace('</ds:Signature>', () => `<ds:KeyInfo>${decoy}</ds:KeyInfo></ds:Signature>`),
    };
    for (const xml of Object.values(places))
      expect(['signature', 'schema']).toContain(await entrance([sp]).fault(byPost(xml)));
    const extended = authnRequest({ content: extensions(decoy) });
    expect(await entrance([sp]).fault(byPost(sign(extended, sp)))).toBe('signature');
    expect(await entrance([sp]).fault(byPost(extended))).toBe('signature');
    expect(await entrance([sp]).fault(byRedirect(extended, { signer: sp }))).toBe('signature');
  });

  it('refuses a message of the redirect binding that is signed within', async () => {
    const signed = sign(authnRequest(), sp);
    expect(await entrance([sp]).fault(byRedirect(signed))).toBe('signature');
    expect(await entrance([sp]).fault(byRedirect(signed, { signer: sp }))).toBe('signature');
  });

  it('refuses two SignedInfo, two references and two values, in either order', async () => {
    const signed = sign(authnRequest(), sp);
    const evil = sign(authnRequest(), attacker);
    for (const element of ['SignedInfo', 'Reference', 'SignatureValue', 'DigestValue', 'DigestMethod', 'Transforms']) {
      const part = new RegExp(`<ds:${element}[ >].*?</ds:${element}>|<ds:${element}[^>]*/>`, 's');
      const [right, wrong] = [part.exec(signed)?.[0] ?? '', part.exec(evil)?.[0] ?? ''];
      expect(right).not.toBe('');
      for (const both of [right + wrong, wrong + right])
        expect(['signature', 'schema']).toContain(
          await entrance([sp]).fault(byPost(signed.replace(right, () => both))),
        );
    }
  });

  it('refuses comments, instructions and elements within digest and value', async () => {
    const signed = sign(authnRequest(), sp);
    for (const element of ['DigestValue', 'SignatureValue'])
      for (const inserted of ['<!-- x -->', '<?x?>', '<ds:x/>', '<![CDATA[A]]>'])
        expect(['xml', 'schema', 'signature', 'encoding']).toContain(
          await entrance([sp]).fault(byPost(behind(signed, `<ds:${element}>`, inserted))),
        );
  });

  it('refuses an ID that stands there twice', async () => {
    const xml = authnRequest({ id: '_a', content: extensions('<x xmlns="urn:x" Id="_a"/>') });
    expect(await entrance([sp]).fault(byPost(sign(xml, sp)))).toBe('signature');
  });

  it('refuses a signature over the whole document by an empty reference', async () => {
    const xml = sign(authnRequest({ id: '_a' }), sp);
    expect(await entrance([sp]).fault(byPost(xml.replace('URI="#_a"', 'URI=""')))).toBe('signature');
  });
});

describe('whose key', () => {
  it('is in metadata: a certificate in the message counts for nothing', async () => {
    const { fault } = entrance([sp]);
    expect(await fault(byPost(sign(authnRequest(), attacker, { keyInfo: attacker })))).toBe('signature');
    expect(await fault(byPost(sign(authnRequest(), attacker, { keyInfo: sp })))).toBe('signature');
    expect(await fault(byPost(sign(authnRequest(), sp, { keyInfo: attacker })))).toBe('passed');
    expect(await entrance([]).fault(byPost(sign(authnRequest(), attacker, { keyInfo: attacker })))).toBe('signature');
  });

  it("is the issuer's: another service provider's own key does not speak for it", async () => {
    const { fault } = entrance([sp], { others: [otherParty([attacker])] });
    for (const xml of [authnRequest(), logoutRequest()]) {
      expect(await fault(byPost(sign(xml, attacker)))).toBe('signature');
      expect(await fault(byRedirect(xml, { signer: attacker }))).toBe('signature');
    }
    const own = authnRequest({ issuer: `${SP}/other` });
    expect(await fault(byPost(sign(own, attacker)))).toBe('passed');
  });

  it('nobody unknown has one', async () => {
    for (const issuer of ['https://nobody.example', '', ` ${SP}`, SP.toUpperCase(), 'a'.repeat(2000)])
      expect(await entrance([sp]).fault(byPost(authnRequest({ issuer })))).toBe('issuer');
    const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
    const formatted = authnRequest().replace('<saml:Issuer>', `<saml:Issuer Format="${persistent}">`);
    expect(await entrance([sp]).fault(byPost(formatted))).toBe('issuer');
    expect(await entrance([sp]).fault(byPost(authnRequest().replace(/<saml:Issuer>.*<\/saml:Issuer>/, '')))).toBe(
      'issuer',
    );
  });
});

describe('algorithms', () => {
  it.each([
    ['none', ''],
    ['"none"', 'none'],
    ['RSA-SHA1', SIGNATURE.rsa1],
    ['RSA-MD5', 'http://www.w3.org/2001/04/xmldsig-more#rsa-md5'],
    ['HMAC', SIGNATURE.hmac256],
    ['a name of JavaScript', '__proto__'],
  ])('%s is none', async (_name, algorithm) => {
    const { fault } = entrance([sp]);
    const inbound = byRedirect(authnRequest(), { signer: sp, algorithm });
    expect(await fault(inbound)).toBe('algorithm');
    const posted = sign(authnRequest(), sp).replace(SIGNATURE.rsa256, algorithm);
    expect(await fault(byPost(posted))).toBe('algorithm');
  });

  it.each(['spki', 'certificate'])('no HMAC is made with the public key (%s)', async (form) => {
    const secret = form === 'spki' ? sp.publicKey.export({ type: 'spki', format: 'pem' }) : sp.certificatePem;
    const { query = '', ...rest } = byRedirect(authnRequest(), { signer: sp, algorithm: SIGNATURE.hmac256 });
    const octets = query.slice(0, query.indexOf('&Signature='));
    const value = createHmac('sha256', secret).update(octets).digest('base64');
    const forged = { ...rest, query: `${octets}&Signature=${encodeURIComponent(value)}` };
    expect(await entrance([sp]).fault(forged)).toBe('algorithm');
  });

  it('a key is used as what it is', async () => {
    for (const [signer, algorithm] of [
      [sp, SIGNATURE.ec256],
      [ec, SIGNATURE.rsa256],
    ] as const) {
      const { fault } = entrance([sp, ec]);
      expect(await fault(byRedirect(authnRequest(), { signer, algorithm }))).toBe('signature');
      expect(await fault(byPost(sign(authnRequest(), signer, { algorithm })))).toBe('signature');
    }
  });

  it('digests are SHA-2', async () => {
    for (const digest of [DIGEST.sha1, 'http://www.w3.org/2001/04/xmldsig-more#md5', '']) {
      const posted = sign(authnRequest(), sp).replace(DIGEST.sha256, digest);
      expect(await entrance([sp]).fault(byPost(posted))).toBe('algorithm');
    }
  });

  it('transforms that choose what is signed are refused', async () => {
    const xpath =
      '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>false()</ds:XPath></ds:Transform>';
    const signed = sign(authnRequest(), sp);
    for (const posted of [
      signed.replace('<ds:Transforms>', `<ds:Transforms>${xpath}`),
      signed.replace(/<ds:Transform Algorithm="[^"]*enveloped-signature"\/>/, xpath),
    ])
      expect(['signature', 'algorithm']).toContain(await entrance([sp]).fault(byPost(posted)));
  });
});
