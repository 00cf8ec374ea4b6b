import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDocument } from './document.ts';
import { plainRequest } from './plain-request.ts';

const SAMLP = 'urn:oasis:names:tc:SAML:2.0:protocol';
const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const ROOT = `xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}" ID="_a1" Version="2.0" IssueInstant="2026-11-20T10:00:00Z"`;
const PASSWORD = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';

/** As node-saml, Shibboleth, SimpleSAMLphp, pysaml2 and OneLogin's toolkits lay it out. */
const USUAL: Readonly<Record<string, string>> = {
  'a small one': `<samlp:AuthnRequest ${ROOT}><saml:Issuer>https://sp.example.org/m</saml:Issuer></samlp:AuthnRequest>`,
  'the assertion’s namespace on the Issuer': `<?xml version="1.0"?><samlp:AuthnRequest xmlns:samlp="${SAMLP}" ID="_a1" Version="2.0" IssueInstant="2026-11-20T10:00:00.123Z" ProtocolBinding="${POST}" Destination="https://idp.example.org/saml/sso" AssertionConsumerServiceURL="https://sp.example.org/acs?a=1"><saml:Issuer xmlns:saml="${SAML}">urn:sp</saml:Issuer><samlp:NameIDPolicy xmlns:samlp="${SAMLP}" Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress" AllowCreate="true"/><samlp:RequestedAuthnContext xmlns:samlp="${SAMLP}" Comparison="exact"><saml:AuthnContextClassRef xmlns:saml="${SAML}">${PASSWORD}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext></samlp:AuthnRequest>`,
  'other prefixes and quotes': `<?xml version='1.0' encoding='UTF-8'?>\n<ns0:AuthnRequest xmlns:ns0="${SAMLP}" xmlns:ns1='${SAML}' ID="id-x.Y_1" Version='2.0' IssueInstant="2026-11-20T10:00:00Z" AssertionConsumerServiceIndex="3" AttributeConsumingServiceIndex="0" IsPassive="1" ForceAuthn="false"><ns1:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">urn:sp</ns1:Issuer></ns0:AuthnRequest>`,
  'lines and a default namespace': `<AuthnRequest xmlns="${SAMLP}"\n  xmlns:saml="${SAML}" ID="ONELOGIN_1" Version="2.0" ProviderName="A name's own" IssueInstant="2026-11-20T10:00:00Z"\n>\n    <saml:Issuer>urn:sp</saml:Issuer>\n  <NameIDPolicy\n Format="urn:f:g" SPNameQualifier="urn:q"  />\n <RequestedAuthnContext Comparison="minimum">\n <saml:AuthnContextClassRef>https://refeds.org/profile/mfa</saml:AuthnContextClassRef>\n<saml:AuthnContextClassRef>urn:a:b</saml:AuthnContextClassRef></RequestedAuthnContext>\n</AuthnRequest>\n`,
};

const byParser = (xml: string) =>
  openDocument({ xml: Buffer.from(xml), parameter: 'SAMLRequest', departures: [] }, 'redirect', ['AuthnRequest']);
const plainly = (xml: string) => plainRequest(Buffer.from(xml));

describe('a request as toolkits write it', () => {
  it.each(Object.entries(USUAL))('%s is read as the parser reads it', (_name, xml) => {
    const read = plainly(xml);
    expect(read).toBeDefined();
    expect(read).toEqual(byParser(xml));
    // And once more, with another ID and time.
    const again = xml.replace(/ID="[^"]+"/, 'ID="_of-another"').replace('2026-11-20T10', '2027-01-31T23');
    expect(plainly(again)).toEqual(byParser(again));
  });

  const request = (more: string, attributes = '') =>
    `<samlp:AuthnRequest ${ROOT}${attributes}><saml:Issuer>urn:sp</saml:Issuer>${more}</samlp:AuthnRequest>`;
  const small = request('');
  const odd: Readonly<Record<string, string>> = {
    'a comment': request('<!-- -->'),
    'a comment in the Issuer': small.replace('urn:sp', 'urn:<!-- -->sp'),
    'a document type': `<!DOCTYPE x [<!ENTITY e "urn:sp">]>${small.replace('urn:sp', '&e;')}`,
    'an entity': small.replace('urn:sp', 'urn:s&#112;'),
    'an entity in an attribute': request('', ' ProviderName="a&amp;b"'),
    CDATA: small.replace('urn:sp', '<![CDATA[urn:sp]]>'),
    'a processing instruction': request('<?x y?>'),
    'an element of its own': request('<samlp:Extensions/>'),
    'somebody who is meant': request('<saml:Subject><saml:NameID>alice</saml:NameID></saml:Subject>'),
    'houses to ask': request('<samlp:Scoping/>'),
    'a signature': request('<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'),
    'a second Issuer': request('<saml:Issuer>urn:other</saml:Issuer>'),
    'another order': request(
      `<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>${PASSWORD}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext><samlp:NameIDPolicy/>`,
    ),
    'a declaration instead of a class': request(
      '<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>urn:d:e</saml:AuthnContextDeclRef></samlp:RequestedAuthnContext>',
    ),
    'an attribute twice': request('', ' ID="_other"'),
    'an ID of another letter case': request('', ' Id="_other"'),
    'an attribute of another namespace': request('', ' xml:id="_other"'),
    'an attribute that nobody knows': request('', ' Consent="urn:c:d"'),
    'a prefix bound anew': small.replace('<saml:Issuer', `<saml:Issuer xmlns:saml="urn:other:space"`),
    'a prefix of none': small.replace(/saml:Issuer/g, 'other:Issuer'),
    'the names of another namespace': small.replaceAll('saml:Issuer', 'samlp:Issuer'),
    'a declaration twice': small.replace('ID=', `xmlns:saml="${SAML}" ID=`),
    'letters beyond ASCII': request('', ' ProviderName="Bücherei"'),
    'blanks around the Issuer': small.replace('urn:sp', ' urn:sp '),
    'a line end in an attribute': request('', ' ProviderName="a\nb"'),
    'no Issuer': small.replace(/<saml:Issuer.*Issuer>/, ''),
    'another version': small.replace('Version="2.0"', 'Version="2.1"'),
    'no version': small.replace(' Version="2.0"', ''),
    'no ID': small.replace(' ID="_a1"', ''),
    'a day that there isn’t': small.replace('2026-11-20', '2026-02-30'),
    'an hour that there isn’t': small.replace('T10', 'T24'),
    'a time of somewhere': small.replace('00Z', '00+02:00'),
    'a time of nowhere': small.replace('00Z', '00'),
    'a number of six digits': request('', ' AssertionConsumerServiceIndex="100000"'),
    'another binding': request('', ' ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"'),
    'another root': small.replaceAll('AuthnRequest', 'LogoutRequest'),
    'more behind the end': `${small}<x/>`,
    'text between elements': request('x'),
    'an end of another name': small.replace('</samlp:AuthnRequest>', '</saml:AuthnRequest>'),
    'two octets of another code': `\uFEFF${small}`,
    'another encoding': `<?xml version="1.0" encoding="UTF-16"?>${small}`,
    'too much': request('', ` ProviderName="${'x'.repeat(4096)}"`),
    nothing: '',
  };
  it.each(Object.entries(odd))('%s is for the parser', (_name, xml) => {
    expect(plainly(xml)).toBeUndefined();
  });
});

describe('whatever is read plainly', () => {
  const pieces = [
    ...[
      '<',
      '>',
      '"',
      "'",
      '&',
      '=',
      ' ',
      '\n',
      '/',
      '<!---->',
      '<x/>',
      '&amp;',
      ']]>',
      '%',
      '%zz',
      '#',
      '[',
      ':',
      '::',
      '-',
      '.',
      '0',
    ],
    ...[
      'samlp:',
      'saml:',
      'ID="_b"',
      ' xmlns="urn:x"',
      ` xmlns:a="${SAML}"`,
      'xmlns:',
      '<samlp:NameIDPolicy/>',
      '<saml:Issuer>',
      '</saml:Issuer>',
    ],
    ...[
      'true',
      ' IsPassive="0"',
      '65536',
      'T25',
      '\u00e9',
      '\u0000',
      '\u0085',
      '<samlp:NameIDPolicy> </samlp:NameIDPolicy>',
    ],
  ];
  const mutated = fc
    .tuple(
      fc.constantFrom(...Object.values(USUAL)),
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          gone: fc.nat(4),
          piece: fc.oneof(fc.constantFrom(...pieces), fc.constant('')),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    )
    .map(([xml, changes]) =>
      changes.reduce((text, { at, gone, piece }) => {
        const from = Math.floor(at * text.length);
        return text.slice(0, from) + piece + text.slice(from + gone);
      }, xml),
    );

  it('the parser takes too, and reads the same of it', () => {
    fc.assert(
      fc.property(mutated, (xml) => {
        const read = plainly(xml);
        if (read !== undefined) expect(read).toEqual(byParser(xml));
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 3_000) },
    );
  });
});
