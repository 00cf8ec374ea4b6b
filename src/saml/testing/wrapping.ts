import { attribute } from './responses.ts';

/**
 * Signature wrapping: what a provider really signed for Mallory, moved about so that what is read is what Mallory wrote
 * of Alice. The eight positions of Somorovsky et al., "On Breaking SAML" (2012), and further.
 */

const SIGNATURE = /<ds:Signature .*?<\/ds:Signature>/s;
export const signatureIn = (xml: string): string => SIGNATURE.exec(xml)?.[0] ?? '';
export const without = (xml: string): string => xml.replace(SIGNATURE, '');
/** Puts something into an element, at its end. */
export const into = (xml: string, name: string, what: string): string =>
  xml.replace(`</${name}>`, () => `${what}</${name}>`);
export const afterIssuer = (xml: string, what: string): string =>
  xml.replace('</saml:Issuer>', () => `</saml:Issuer>${what}`);
export const inObject = (signature: string, what: string): string =>
  into(signature, 'ds:Signature', `<ds:Object>${what}</ds:Object>`);
export const extensions = (what: string): string => `<samlp:Extensions>${what}</samlp:Extensions>`;

/** What they are made of: forged is unsigned and names Alice, real is signed and names Mallory, with the ID `_assertion`. */
export interface Parts {
  forged(more?: { id?: string; attributes?: string }): string;
  realAssertion(): string;
  /** Signed alone, around an assertion that isn't. */
  realResponse(): string;
  /** Unsigned, with this inside. */
  response(content: string, more?: { id?: string; extensions?: string }): string;
  /** For whoever reads it. */
  encrypted(assertion: string): string;
}

export function wrappings({
  forged,
  realAssertion,
  realResponse,
  response,
  encrypted,
}: Parts): [string, () => string][] {
  return [
    [
      'XSW1: the signed Response as an Object of its signature, in a forged Response',
      () => {
        const real = realResponse();
        return afterIssuer(response(forged(), { id: '_evil' }), inObject(signatureIn(real), without(real)));
      },
    ],
    [
      'XSW2: the signed Response before its detached signature, in a forged Response',
      () => {
        const real = realResponse();
        return response(forged(), { id: '_evil', extensions: extensions(without(real)) + signatureIn(real) });
      },
    ],
    ['XSW3: a forged assertion before the signed one', () => response(forged() + realAssertion())],
    ['XSW3: a forged assertion behind the signed one', () => response(realAssertion() + forged())],
    [
      'XSW4: the signed assertion inside the forged one',
      () => response(into(forged(), 'saml:Assertion', realAssertion())),
    ],
    [
      'XSW5: the signature in a forged assertion, the signed one beside it',
      () => {
        const real = realAssertion();
        return response(afterIssuer(forged(), signatureIn(real)) + without(real));
      },
    ],
    [
      'XSW6: the signed assertion inside the signature inside the forged one',
      () => {
        const real = realAssertion();
        const signature = signatureIn(real);
        return response(
          afterIssuer(
            forged(),
            signature.replace('</ds:SignedInfo>', () => `</ds:SignedInfo>${without(real)}`),
          ),
        );
      },
    ],
    [
      'XSW7: a forged assertion in Extensions, before the signed one',
      () => response(realAssertion(), { extensions: extensions(forged()) }),
    ],
    [
      'XSW7: the signed one in Extensions, before a forged one',
      () => response(forged(), { extensions: extensions(realAssertion()) }),
    ],
    [
      'XSW8: the signed assertion as an Object of the signature in the forged one',
      () => {
        const real = realAssertion();
        return response(afterIssuer(forged(), inObject(signatureIn(real), without(real))));
      },
    ],
    ['the same ID twice, the forged one first', () => response(forged({ id: '_assertion' }) + realAssertion())],
    [
      'the signed assertion in the Advice of the forged one',
      () => {
        const advice = `<saml:Advice>${realAssertion()}</saml:Advice>`;
        return response(forged().replace('<saml:AuthnStatement', () => `${advice}<saml:AuthnStatement`));
      },
    ],
    [
      'the signed assertion in an attribute of the forged one',
      () => response(forged({ attributes: attribute('a', realAssertion()) })),
    ],
    [
      'the signed assertion in the status detail, a forged one in its place',
      () => into(response(forged()), 'samlp:Status', `<samlp:StatusDetail>${realAssertion()}</samlp:StatusDetail>`),
    ],
    [
      'the signature of the Response moved into its assertion',
      () => {
        const real = realResponse();
        return without(real)
          .replace(/(<saml:Assertion .*?<\/saml:Issuer>)/s, (head) => head + signatureIn(real))
          .replace('mallory', 'alice');
      },
    ],
    [
      'the signature of the assertion moved to the Response',
      () => {
        const real = realAssertion();
        return afterIssuer(response(without(real).replace('mallory', 'alice')), signatureIn(real));
      },
    ],
    ['a forged encrypted one beside the signed one', () => response(realAssertion() + encrypted(forged()))],
    [
      'a forged encrypted one alone, the signed one in Extensions',
      () => response(encrypted(forged()), { extensions: extensions(realAssertion()) }),
    ],
    [
      'the signed one inside the forged one, encrypted',
      () => response(encrypted(into(forged(), 'saml:Assertion', realAssertion()))),
    ],
    [
      'two signatures of one assertion',
      () => {
        const real = realAssertion();
        return response(afterIssuer(real, signatureIn(real)));
      },
    ],
    ['a reference to the whole document', () => response(realAssertion().replace('URI="#_assertion"', 'URI=""'))],
    [
      'a reference to nothing that stands there',
      () => response(realAssertion().replace('ID="_assertion"', 'ID="_else"')),
    ],
    ['a name changed under the signature', () => response(realAssertion().replace('mallory', 'alice'))],
  ];
}
