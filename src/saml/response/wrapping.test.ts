import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SamlFault } from '../errors.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import {
  assertion,
  attribute,
  encrypted,
  expecting,
  response,
  signedAssertion,
  signedResponse,
} from '../testing/responses.ts';
import { readResponse } from './response.ts';

/**
 * Signature wrapping: what the provider really signed for Mallory, who is a person there, moved about so that what is
 * read is what Mallory wrote of Alice. The eight positions of Somorovsky et al., "On Breaking SAML" (2012), and further.
 */

let idp: Identity;
let ours: Identity;

beforeAll(async () => {
  [idp, ours] = await Promise.all([createIdentity(), createIdentity()]);
});

/** Who was signed in, or the fault. */
function whom(xml: string): string {
  try {
    const answer = readResponse(Buffer.from(xml), expecting([idp], { decryption: [ours.privateKey] }));
    return answer.kind === 'said' ? (answer.said.nameId?.value ?? 'nobody') : 'refused';
  } catch (error) {
    if (error instanceof SamlFault) return error.fault;
    throw error;
  }
}

const SIGNATURE = /<ds:Signature .*?<\/ds:Signature>/s;
const signatureIn = (xml: string): string => SIGNATURE.exec(xml)?.[0] ?? '';
const without = (xml: string): string => xml.replace(SIGNATURE, '');
/** Puts something into an element, at its end. */
const into = (xml: string, name: string, what: string): string => xml.replace(`</${name}>`, () => `${what}</${name}>`);
const afterIssuer = (xml: string, what: string): string => xml.replace('</saml:Issuer>', () => `</saml:Issuer>${what}`);
const inObject = (signature: string, what: string): string =>
  into(signature, 'ds:Signature', `<ds:Object>${what}</ds:Object>`);
const extensions = (what: string): string => `<samlp:Extensions>${what}</samlp:Extensions>`;

const forged = (id = '_forged'): string => assertion({ id, name: 'alice' });
const realAssertion = (): string => signedAssertion(idp, { name: 'mallory' });
const realResponse = (): string => signedResponse(idp, assertion({ name: 'mallory' }));

describe('signature wrapping', () => {
  const positions: [string, () => string][] = [
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
    ['the same ID twice, the forged one first', () => response(forged('_assertion') + realAssertion())],
    [
      'the signed assertion in the Advice of the forged one',
      () => {
        const advice = `<saml:Advice>${realAssertion()}</saml:Advice>`;
        return response(forged().replace('<saml:AuthnStatement', () => `${advice}<saml:AuthnStatement`));
      },
    ],
    [
      'the signed assertion in an attribute of the forged one',
      () => response(assertion({ name: 'alice', id: '_forged', attributes: attribute('a', realAssertion()) })),
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
    ['a forged encrypted one beside the signed one', () => response(realAssertion() + encrypted(forged(), ours))],
    [
      'a forged encrypted one alone, the signed one in Extensions',
      () => response(encrypted(forged(), ours), { extensions: extensions(realAssertion()) }),
    ],
    [
      'the signed one inside the forged one, encrypted',
      () => response(encrypted(into(forged(), 'saml:Assertion', realAssertion()), ours)),
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

  it.each(positions)('%s: nobody is signed in', (_name, forge) => {
    expect(whom(forge())).toMatch(/^(assertion|signature|schema|unsigned|kind)$/);
  });

  it('begins from what would be taken', () => {
    expect([whom(response(realAssertion())), whom(realResponse())]).toEqual(['mallory', 'mallory']);
  });

  it('signs nobody in but whom the provider signed, however the parts are put together', () => {
    const parts = (): string[] => {
      const real = realAssertion();
      const whole = realResponse();
      const signature = signatureIn(real);
      return [
        ...[real, without(real), signature, forged(), forged('_assertion'), afterIssuer(forged(), signature)],
        ...[afterIssuer(forged('_assertion'), signature), encrypted(real, ours), encrypted(forged(), ours)],
        ...[without(whole), signatureIn(whole), inObject(signature, without(real)), inObject(signature, forged())],
      ];
    };
    const pieces = parts();
    const piece = fc.integer({ min: 0, max: pieces.length - 1 }).map((at) => pieces[at] ?? '');
    const some = fc.array(piece, { maxLength: 3 }).map((all) => all.join(''));
    const around = fc.record({ before: some, head: some, inside: some, id: fc.constantFrom('_response', '_evil') });
    fc.assert(
      fc.property(around, some, fc.boolean(), ({ before, head, inside, id }, nested, deep) => {
        const content = deep ? into(inside || forged(), 'saml:Assertion', nested) : inside + nested;
        const extended = before ? extensions(before) : '';
        expect(whom(response(content, { id, extensions: head + extended }))).not.toBe('alice');
      }),
      { numRuns: 300 },
    );
  });

  it('reads nothing that was changed after signing, wherever a character is put', () => {
    const real = response(realAssertion());
    const signed = real.indexOf('<saml:Assertion');
    const at = fc.integer({ min: signed, max: real.length - '</samlp:Response>'.length });
    fc.assert(
      fc.property(at, fc.constantFrom('x', '<', '>', '"', '&', '<!---->', ' ', '\u00e9', '0'), (where, what) => {
        const changed = real.slice(0, where) + what + real.slice(where + 1);
        // White space in a tag, or KeyInfo, isn't signed; a name is.
        expect([
          'mallory',
          'signature',
          'xml',
          'schema',
          'algorithm',
          'encoding',
          'assertion',
          'unsigned',
          'size',
        ]).toContain(whom(changed));
      }),
      { numRuns: 300 },
    );
  });
});
