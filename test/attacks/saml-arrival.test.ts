import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { byPost, byRedirect, bySoap, entrance } from '../../src/saml/testing/entrance.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import {
  authnRequest,
  ENDPOINTS,
  logoutRequest,
  logoutResponse,
  NOW,
  newId,
  SIGNATURE,
  sign,
  signature,
} from '../../src/saml/testing/messages.ts';
import { seenStore } from '../../src/saml/testing/parties.ts';

/** How messages arrive at the gate of the SAML door: again, late, elsewhere, oversized, in odd encodings, broken. */

/** How often the properties are tried. */
const numRuns = process.env.TESTS === 'long' ? 2000 : 100;

let sp: Identity;

beforeAll(async () => {
  sp = await createIdentity();
});

const extensions = (xml: string): string => `<samlp:Extensions>${xml}</samlp:Extensions>`;

describe('a message that comes again', () => {
  it('is refused at every gate of the same store: of 100 at once one passes', async () => {
    const store = seenStore(() => NOW);
    const gates = [entrance([sp], { store }), entrance([sp], { store })];
    const inbound = byRedirect(authnRequest(), { signer: sp });
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, n) => gates[n % 2]?.fault(inbound)));
    expect(outcomes.filter((outcome) => outcome === 'passed')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'replay')).toHaveLength(99);
  });

  it('is the same message in another binding, and under another RelayState', async () => {
    const { fault } = entrance([sp]);
    const xml = logoutRequest();
    expect(await fault(byRedirect(xml, { signer: sp }))).toBe('passed');
    expect(await fault(byRedirect(xml, { signer: sp, relayState: 'x' }))).toBe('replay');
    expect(await fault(byPost(sign(xml, sp)))).toBe('replay');
    expect(await fault(bySoap(sign(xml, sp)))).toBe('replay');
  });

  it('is too old by then, or too new', async () => {
    const { fault } = entrance([sp]);
    for (const offset of [-600_000, 600_000])
      expect(await fault(byPost(sign(authnRequest({ instant: NOW + offset }), sp)))).toBe('instant');
    for (const offset of [-90_000, 90_000])
      expect(await fault(byPost(sign(authnRequest({ instant: NOW + offset }), sp)))).toBe('passed');
  });

  it('was for another gateway', async () => {
    for (const destination of ['https://evil.example/saml/sso', ENDPOINTS.slo]) {
      const xml = authnRequest({ destination });
      expect(await entrance([sp]).fault({ ...byPost(sign(xml, sp)), endpoint: ENDPOINTS.sso })).toBe('destination');
      expect(await entrance([sp]).fault({ ...byRedirect(xml, { signer: sp }), endpoint: ENDPOINTS.sso })).toBe(
        'destination',
      );
    }
  });
});

describe('the query of a redirect', () => {
  const signedQuery = (relayState = 'r') => byRedirect(authnRequest(), { signer: sp, relayState });
  const faultWith = (change: (query: string) => string) => {
    const inbound = signedQuery();
    return entrance([sp]).fault({ ...inbound, query: change(inbound.query ?? '') });
  };
  const unsigned = () => byRedirect(authnRequest()).query ?? '';

  it.each(['SAMLRequest', 'RelayState', 'SigAlg', 'Signature'])('holds %s once, before and behind', async (name) => {
    for (const again of [`${name}=x`, name, `${name}=`, `${name.replace('S', '%53').replace('R', '%52')}=x`]) {
      expect(await faultWith((query) => `${query}&${again}`)).toBe('parameters');
      expect(await faultWith((query) => `${again}&${query}`)).toBe('parameters');
    }
  });

  it('names its parameters letter by letter', async () => {
    for (const written of ['samlrequest', 'SAMLREQUEST', '%53AMLRequest', 'SAMLReques%74', '+SAMLRequest'])
      expect(await faultWith((query) => query.replace('SAMLRequest', written))).toBe('parameters');
  });

  it('cannot carry a request and a response', async () => {
    expect(await faultWith((query) => `${query}&SAMLResponse=${unsigned().slice('SAMLRequest='.length)}`)).toBe(
      'parameters',
    );
  });

  it('is verified as it was sent, in whatever case its escapes are', async () => {
    const xml = authnRequest();
    const { query = '', ...rest } = byRedirect(xml, { relayState: 'a/b?c' });
    const lower = `${query}&SigAlg=${encodeURIComponent(SIGNATURE.rsa256)}`.replace(/%[0-9A-F]{2}/g, (escaped) =>
      escaped.toLowerCase(),
    );
    const whole = `${lower}&Signature=${encodeURIComponent(signature(lower, sp))}`;
    expect(await entrance([sp]).fault({ ...rest, query: whole })).toBe('passed');
    const again = whole.replace(/%[0-9a-f]{2}(?=.*&Signature)/g, (escaped) => escaped.toUpperCase());
    expect(await entrance([sp]).fault({ ...rest, query: again })).toBe('signature');
  });

  it('may come in another order and with parameters of others, which are not signed', async () => {
    expect(await faultWith((query) => `utm=1&${query.split('&').reverse().join('&')}&x=%41`)).toBe('passed');
    expect(await faultWith((query) => `${query}&x=%`)).toBe('passed');
    expect(await faultWith((query) => `${query}&%=x`)).toBe('parameters');
  });

  it('cannot lose half of its signature, nor its RelayState', async () => {
    expect(await faultWith((query) => query.replace(/&Signature=.*/, ''))).toBe('parameters');
    expect(await faultWith((query) => query.replace(/&SigAlg=[^&]*/, ''))).toBe('parameters');
    expect(await faultWith((query) => query.replace('&RelayState=r', ''))).toBe('signature');
    expect(await faultWith((query) => query.replace('RelayState=r', 'RelayState=s'))).toBe('signature');
    expect(await faultWith((query) => query.replace('RelayState=r', 'RelayState=%72'))).toBe('signature');
  });

  it.each([1, 2, 3, 4, 50])('is refused with %d characters of its message cut off', async (length) => {
    const { query = '', ...rest } = byRedirect(authnRequest());
    const base64 = decodeURIComponent(query.slice('SAMLRequest='.length));
    const cut = `SAMLRequest=${encodeURIComponent(base64.slice(0, -length))}`;
    expect(['encoding', 'xml', 'size']).toContain(await entrance([sp]).fault({ ...rest, query: cut }));
  });

  it('is refused in loose base64', async () => {
    const { query = '', ...rest } = byRedirect(authnRequest());
    const base64 = decodeURIComponent(query.slice('SAMLRequest='.length));
    for (const loose of [` ${base64}`, `${base64}=`, `${base64}!`, base64.replace(/=*$/, '-'), ''])
      expect(await entrance([sp]).fault({ ...rest, query: `SAMLRequest=${encodeURIComponent(loose)}` })).toBe(
        'encoding',
      );
  });
});

describe('RelayState', () => {
  it('is bounded, and has no control characters in it', async () => {
    for (const [relayState, outcome] of [
      ['a'.repeat(2048), 'passed'],
      ['a'.repeat(2049), 'relay-state'],
      ['a\r\nSet-Cookie: b', 'relay-state'],
      ['a\0', 'relay-state'],
      ['a\u0085', 'relay-state'],
      ['"><script>alert(1)</script>', 'passed'],
    ] as const) {
      expect(await entrance([sp]).fault(byPost(authnRequest(), relayState))).toBe(outcome);
      expect(await entrance([sp]).fault(byRedirect(authnRequest(), { signer: sp, relayState }))).toBe(outcome);
    }
  });

  it('is handed on as it came', async () => {
    const relayState = '"><script>&amp;%00+ü';
    expect(await entrance([]).receive(byPost(authnRequest(), relayState))).toMatchObject({ relayState });
  });
});

describe('a bomb', () => {
  it.each([
    ['50 MB', 50],
    ['40 MB, within the bound of the query', 40],
  ])('of %s is refused and costs no more than its bound', async (_name, megabytes) => {
    const deflated = deflateRawSync(Buffer.alloc(megabytes * 1024 * 1024, 'a'), { level: 9 }).toString('base64');
    const inbound = { ...byRedirect(authnRequest()), query: `SAMLRequest=${encodeURIComponent(deflated)}` };
    const { fault } = entrance([sp]);
    expect(await fault(inbound)).toBe('size');
    const before = process.memoryUsage();
    for (let n = 0; n < 20; n += 1) expect(await fault(inbound)).toBe('size');
    const now = process.memoryUsage();
    expect(now.arrayBuffers - before.arrayBuffers).toBeLessThan(20 * 1024 * 1024);
    expect(now.rss - before.rss).toBeLessThan(40 * 1024 * 1024);
  });

  it.each([
    ['nested deeply', '<a>'.repeat(200) + '</a>'.repeat(200)],
    ['with thousands of elements', '<a/>'.repeat(5000)],
    ['with thousands of attributes', `<a ${Array.from({ length: 5000 }, (_, n) => `a${n}=""`).join(' ')}/>`],
    ['that is merely long', `<a>${'b'.repeat(70_000)}</a>`],
  ])('of XML %s is refused', async (_name, xml) => {
    const content = extensions(`<x xmlns="urn:x">${xml}</x>`);
    expect(await entrance([sp]).fault(byPost(authnRequest({ content })))).toBe('size');
    expect(await entrance([sp]).fault(bySoap(logoutRequest({ content })))).toBe('size');
  });

  it('of a form or an envelope is refused before it is decoded', async () => {
    const long = 'A'.repeat(200_000);
    expect(await entrance([sp]).fault({ ...byPost(authnRequest()), body: `SAMLRequest=${long}` })).toBe('size');
    expect(await entrance([sp]).fault({ ...bySoap(logoutRequest()), body: long })).toBe('size');
  });

  it('of an ID is refused', async () => {
    expect(await entrance([sp]).fault(byPost(authnRequest({ id: `_${'a'.repeat(300)}` })))).toBe('size');
  });
});

describe('whatever arrives', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(
      'SAMLRequest=',
      'SAMLResponse=',
      '&',
      'RelayState=',
      'SigAlg=',
      'Signature=',
      '%',
      '%C0',
      '<',
      'PHg+',
    ),
    fc
      .uint8Array({ maxLength: 80 })
      .map((bytes) => `SAMLRequest=${encodeURIComponent(Buffer.from(bytes).toString('base64'))}`),
    fc.string({ maxLength: 80 }).map((text) => byPost(`<samlp:AuthnRequest>${text}`).body ?? ''),
    fc.string({ maxLength: 80 }).map((text) => byRedirect(`<samlp:AuthnRequest>${text}`).query ?? ''),
  );
  const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));

  it.each(['redirect', 'post', 'soap'] as const)('by %s is refused with a fault, and never passes', async (binding) => {
    const { fault } = entrance([sp]);
    const inbound = { binding, kinds: ['AuthnRequest', 'LogoutRequest'], endpoint: ENDPOINTS.sso } as const;
    await fc.assert(
      fc.asyncProperty(text, async (sent) => {
        expect(await fault({ ...inbound, query: sent, body: sent })).not.toBe('passed');
      }),
      { numRuns },
    );
  });

  /** One character replaced, removed or put in. */
  const mutated = (original: string) =>
    fc
      .tuple(
        fc.nat(original.length - 1),
        fc.constantFrom('replace', 'remove', 'insert'),
        fc.nat(0xff).map((code) => String.fromCharCode(code)),
      )
      .map(([place, how, character]) => {
        const tail = original.slice(how === 'insert' ? place : place + 1);
        return original.slice(0, place) + (how === 'remove' ? '' : character) + tail;
      });

  it.each([
    ['AuthnRequest', authnRequest],
    ['LogoutRequest', logoutRequest],
    ['LogoutResponse', logoutResponse],
  ] as const)('a signed %s with one character changed is refused, or reads the same', async (_kind, build) => {
    const xml = build({ id: newId() });
    const posted = sign(xml, sp);
    const redirected = byRedirect(xml, { signer: sp, relayState: 'r' });
    const genuine = {
      post: await entrance([sp]).receive(byPost(posted)),
      redirect: await entrance([sp]).receive(redirected),
    };
    const readsTheSame = async (inbound: typeof redirected): Promise<void> => {
      const door = entrance([sp], { provider: { authnRequestsSigned: true } });
      if ((await door.fault(inbound)) !== 'passed') return;
      expect(await entrance([sp]).receive(inbound)).toEqual(
        inbound.binding === 'post' ? genuine.post : genuine.redirect,
      );
    };
    await fc.assert(
      fc.asyncProperty(mutated(posted), mutated(redirected.query ?? ''), async (changedXml, query) => {
        await readsTheSame({ ...byPost(posted), body: byPost(changedXml).body ?? '' });
        await readsTheSame({ ...redirected, query });
      }),
      { numRuns },
    );
  });
});
