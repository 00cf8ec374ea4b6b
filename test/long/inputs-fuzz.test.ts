import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { countParameters, MOST_PARAMETERS, parametersOf } from '../../src/core/parameters.ts';
import { byPost, byRedirect, bySoap, entrance } from '../../src/saml/testing/entrance.ts';
import { HEAVIEST, heavy } from '../../src/saml/testing/heavy.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { authnRequest, logoutRequest, NOW, sign } from '../../src/saml/testing/messages.ts';

/** What strangers send, as nobody would write it: nothing may break, and nothing may take long. */

/** Processor time of this thread, microseconds. */
async function cost(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      '&',
      '=',
      '%',
      '%4',
      '%41',
      '%00',
      '%FF',
      '+',
      'a',
      '__proto__',
      'constructor',
      'SAMLRequest',
      '&&',
      '\u0000',
      '薩',
    ),
    fc.string({ maxLength: 8 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
  ),
  { maxLength: 200 },
);

describe('the reader of parameters', () => {
  it('finds what the standard’s own reader finds, and never more than was counted', () => {
    fc.assert(
      fc.property(pieces, (some) => {
        const text = some.join('');
        const standard = new URLSearchParams(text);
        const found = parametersOf(text);
        expect(Object.keys(found).toSorted()).toEqual([...new Set(standard.keys())].toSorted());
        for (const name of new Set(standard.keys())) {
          const all = standard.getAll(name);
          expect(found[name]).toEqual(all.length === 1 ? all[0] : all);
        }
        expect(standard.size).toBeLessThanOrEqual(countParameters(text));
        expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
      }),
      { numRuns: 50_000 },
    );
  });

  it('takes about as long for whatever reaches it', async () => {
    const LONGEST = 160 * 1024;
    const read = (text: string) => cost(() => countParameters(text) <= MOST_PARAMETERS && parametersOf(text));
    const plain = `a=${'b'.repeat(LONGEST)}`;
    await read(plain);
    const usual = await read(plain);
    const part = fc.array(fc.constantFrom('a', '=', '&', '%', '1', '+', '薩'), { minLength: 1, maxLength: 10 });
    const spread = fc.tuple(part, fc.integer({ min: 1, max: MOST_PARAMETERS }));
    await fc.assert(
      fc.asyncProperty(spread, async ([some, count]) => {
        const one = some.join('');
        const value = one.replaceAll('&', '').repeat(LONGEST / count / one.length);
        for (const text of [one.repeat(LONGEST / one.length), Array(count).fill(`a=${value}`).join('&')]) {
          expect(await read(text)).toBeLessThan(30 * usual + 50_000);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the gate of SAML messages', () => {
  let sp: Identity;
  let seeds: string[];
  let usual: number;
  beforeAll(async () => {
    sp = await createIdentity();
    const about = { instant: NOW };
    seeds = [
      authnRequest(),
      sign(authnRequest(), sp),
      sign(logoutRequest(), sp),
      heavy(HEAVIEST, await createIdentity(), about),
    ];
    const { fault } = entrance([sp]);
    const ordinary = async () => {
      for (let at = 0; at < 30; at += 1) await fault(byPost(sign(authnRequest(), sp)));
    };
    await ordinary();
    usual = (await cost(ordinary)) / 30;
  });

  /** Cuts, repeats and puts in, at places that count. */
  const mutation = fc.record({
    at: fc.nat(20_000),
    length: fc.nat(400),
    put: fc.oneof(
      fc.constantFrom(
        ...[
          '<',
          '>',
          '"',
          '&',
          '&#x41;',
          '&amp;',
          '<!--',
          '-->',
          '<![CDATA[',
          ']]>',
          '<!DOCTYPE a [<!ENTITY b "c">]>',
          '<?a b?>',
          '\u0000',
        ],
        ...[
          'xmlns:a="urn:a"',
          ' PrefixList="a b c"',
          '<a>',
          '</a>',
          ' ID="_1"',
          '<ds:Signature/>',
          'xmlns=""',
          '\uFEFF',
          '薩',
        ],
      ),
      fc.string({ maxLength: 30 }),
    ),
    times: fc.constantFrom(0, 1, 1, 1, 2, 50, 2_000),
  });

  it('answers whatever comes with a refusal of its own, and soon', async () => {
    const { fault } = entrance([sp]);
    const binding = fc.constantFrom(byPost, byRedirect, bySoap);
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.array(mutation, { maxLength: 6 }), binding, async (seed, mutations, bind) => {
        let xml = seeds[seed] ?? '';
        for (const { at, length, put, times } of mutations) {
          const place = at % (xml.length + 1);
          xml = `${xml.slice(0, place)}${put.repeat(times)}${xml.slice(place + length)}`;
        }
        let outcome: string | undefined;
        const spent = await cost(async () => {
          outcome = await fault(bind(xml));
        });
        expect(outcome).toMatch(/^[a-z-]+$/);
        expect(spent).toBeLessThan(40 * usual + 50_000);
      }),
      { numRuns: 5_000 },
    );
  });

  it('so it does with bytes that are no message at all', async () => {
    const { fault } = entrance([sp]);
    const endpoint = 'https://idp.example.org/saml/sso';
    await fc.assert(
      fc.asyncProperty(pieces, fc.constantFrom('query', 'body'), async (some, where) => {
        const raw = some.join('');
        const binding = where === 'query' ? 'redirect' : 'post';
        const outcome = await fault({ binding, kinds: ['AuthnRequest'], endpoint, [where]: `SAMLRequest=${raw}` });
        expect(outcome).toMatch(/^[a-z-]+$/);
        expect(outcome).not.toBe('passed');
      }),
      { numRuns: 20_000 },
    );
  });
});
