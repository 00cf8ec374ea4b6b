import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SamlFault } from '../errors.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import { assertion, encrypted, expecting, response, signedAssertion, signedResponse } from '../testing/responses.ts';
import { afterIssuer, extensions, inObject, into, signatureIn, without, wrappings } from '../testing/wrapping.ts';
import { readResponse } from './response.ts';

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

const forged = (more: { id?: string; attributes?: string } = {}): string =>
  assertion({ id: '_forged', name: 'alice', ...more });
const realAssertion = (): string => signedAssertion(idp, { name: 'mallory' });
const realResponse = (): string => signedResponse(idp, assertion({ name: 'mallory' }));

describe('signature wrapping', () => {
  it.each(wrappings({ forged, realAssertion, realResponse, response, encrypted: (xml) => encrypted(xml, ours) }))(
    '%s: nobody is signed in',
    (_name, forge) => {
      expect(whom(forge())).toMatch(/^(assertion|signature|schema|unsigned|kind)$/);
    },
  );

  it('begins from what would be taken', () => {
    expect([whom(response(realAssertion())), whom(realResponse())]).toEqual(['mallory', 'mallory']);
  });

  it('signs nobody in but whom the provider signed, however the parts are put together', () => {
    const parts = (): string[] => {
      const real = realAssertion();
      const whole = realResponse();
      const signature = signatureIn(real);
      return [
        ...[real, without(real), signature, forged(), forged({ id: '_assertion' }), afterIssuer(forged(), signature)],
        ...[afterIssuer(forged({ id: '_assertion' }), signature), encrypted(real, ours), encrypted(forged(), ours)],
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
