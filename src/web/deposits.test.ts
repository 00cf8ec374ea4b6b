import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type BondOptions, bondPorts } from '../../test/support/bonds.ts';
import { EPHEMERAL, MINUTE, openEphemeral } from '../../test/support/sign-in.ts';

/** A browser, as far as cookies go: what answers set, its next request brings. */
function browser() {
  const jar = new Map<string, string>();
  const lines: string[] = [];
  const res = {
    appendHeader(_name: string, line: string) {
      lines.push(line);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) jar.delete(name);
      else jar.set(name, value);
    },
  } as unknown as ServerResponse; // all that sets cookies here
  const request = (cookies: Iterable<[string, string]> = jar) =>
    ({ headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') } }) as IncomingMessage;
  return {
    jar,
    lines,
    request,
    /** One request of it, and the answer. */
    exchange: (req = request()) => ({ req, res }),
  };
}

/** Keeps nothing: for bonds alone. */
const same = async (hash: string) => hash;

async function scene(id: string, options?: BondOptions) {
  return bondPorts(await openEphemeral(id, Date.now), options);
}

describe.each(EPHEMERAL)('what is kept for a browser, on the %s store', (id) => {
  it('comes back in the browser that it was bound to, once', async () => {
    const { deposits } = await scene(id);
    const mine = browser();
    const name = await deposits.put(mine.exchange(), 'kind', 'a value; of = any kind', MINUTE);
    expect(await deposits.peek('kind', name)).toBe('a value; of = any kind');
    expect(await deposits.look(mine.exchange(), 'kind', name)).toBe('a value; of = any kind');
    const before = mine.request();
    expect(await deposits.take(mine.exchange(), 'kind', name)).toBe('a value; of = any kind');
    expect(mine.jar.size).toBe(0);
    expect(await deposits.take(mine.exchange(before), 'kind', name)).toBeUndefined();
    expect(await deposits.peek('kind', name)).toBeUndefined();
  });

  it('of 100 at the same time is given to one', async () => {
    const { deposits } = await scene(id);
    const mine = browser();
    const name = await deposits.put(mine.exchange(), 'kind', 'value', MINUTE);
    const exchange = mine.exchange();
    const taken = await Promise.all(Array.from({ length: 100 }, () => deposits.take(exchange, 'kind', name)));
    expect(taken.filter((it) => it !== undefined)).toEqual(['value']);
  });

  it('stays where it is for any other browser, and for one with another of its cookies', async () => {
    const { deposits } = await scene(id);
    const [mine, other] = [browser(), browser()];
    const name = await deposits.put(mine.exchange(), 'kind', 'value', MINUTE);
    await deposits.put(other.exchange(), 'kind', 'other', MINUTE);
    const [[own = ''] = []] = [...mine.jar];
    const [[, foreign = ''] = []] = [...other.jar];
    for (const req of [
      other.request(),
      browser().request(),
      mine.request([[own, name]]),
      mine.request([[own, foreign]]),
      mine.request([[own, '']]),
    ]) {
      expect(await deposits.look({ req }, 'kind', name)).toBeUndefined();
      expect(await deposits.take(other.exchange(req), 'kind', name)).toBeUndefined();
    }
    expect(await deposits.take(mine.exchange(), 'other-kind', name)).toBeUndefined();
    expect(await deposits.take(mine.exchange(), 'kind', name)).toBe('value');
  });

  it('leaves nothing in the store that opens it', async () => {
    const kept: string[] = [];
    const ephemeral = await openEphemeral(id, Date.now);
    const set: typeof ephemeral.set = (key, value, ttl) => {
      kept.push(key, value);
      return ephemeral.set(key, value, ttl);
    };
    const { deposits } = bondPorts({ set, get: ephemeral.get.bind(ephemeral), take: ephemeral.take.bind(ephemeral) });
    const mine = browser();
    const name = await deposits.put(mine.exchange(), 'kind', 'value', MINUTE);
    expect(kept).toHaveLength(2);
    for (const secret of [name, ...mine.jar.values()]) expect(kept.join('\n')).not.toContain(secret);
  });

  it.each(['', 'x', '__proto__', 'a'.repeat(5000), undefined, ['a', 'b'], { a: 'b' }])(
    'isn’t found by %j',
    async (name) => {
      const { deposits } = await scene(id);
      const mine = browser();
      await deposits.put(mine.exchange(), 'kind', 'value', MINUTE);
      expect(await deposits.take(mine.exchange(), 'kind', name)).toBeUndefined();
      expect(await deposits.peek('kind', name)).toBeUndefined();
    },
  );
});

describe('the bonds of a browser', () => {
  it.each([
    ['https://idp.example.org', /^__Host-sallyport\.kind\.[\w-]{11}=[\w-]{52}; .*; Secure$/],
    ['http://localhost:3000', /^sallyport\.kind\.[\w-]{11}=[\w-]{52}; .*SameSite=Lax$/],
  ])('at %s are cookies of this host alone', async (issuer, shape) => {
    const { deposits } = await scene('embedded', { issuer });
    const mine = browser();
    await deposits.put(mine.exchange(), 'kind', 'value', MINUTE);
    const [line = ''] = mine.lines;
    expect(line).toMatch(shape);
    for (const attribute of ['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=60']) expect(line).toContain(attribute);
    expect(line).not.toContain('Domain');
  });

  it('are bounded: with one more the oldest goes, of whatever kind', async () => {
    let at = 1_800_000_000_000;
    const { bonds } = await scene('embedded', { now: () => at });
    const mine = browser();
    const made: { kind: string; id: string; kept: string }[] = [];
    for (let index = 0; index < 30; index += 1) {
      at += 1;
      const [kind, id] = [index % 2 === 0 ? 'even' : 'odd', `id-${index}`];
      made.push({ kind, id, kept: await bonds.make(mine.exchange(), kind, id, MINUTE, same) });
    }
    const holds = made.map(({ kind, id, kept }) => bonds.hold(mine.request(), kind, id, kept));
    expect(holds).toEqual([...Array(6).fill(false), ...Array(24).fill(true)]);
    // Beside the session in the header that a server in front takes: 8 KiB.
    expect(mine.request().headers.cookie?.length).toBeLessThan(2_500);
  });

  it('made in tabs that know nothing of each other stay, and those too many go with the next', async () => {
    const { bonds } = await scene('embedded');
    const mine = browser();
    const fresh = mine.request();
    const made = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => ({
        id: `id-${index}`,
        kept: await bonds.make(mine.exchange(fresh), 'kind', `id-${index}`, MINUTE, same),
      })),
    );
    expect(made.every(({ id, kept }) => bonds.hold(mine.request(), 'kind', id, kept))).toBe(true);
    await bonds.make(mine.exchange(), 'kind', 'next', MINUTE, same);
    expect(mine.jar.size).toBe(24);
  });

  it('aren’t made where what they bind couldn’t be kept', async () => {
    const { bonds } = await scene('embedded');
    const mine = browser();
    const away = () => Promise.reject(new Error('away'));
    await expect(bonds.make(mine.exchange(), 'kind', 'id', MINUTE, away)).rejects.toThrow('away');
    expect(mine.lines).toEqual([]);
  });

  it('are told newest first, each kind by itself', async () => {
    const { bonds } = await scene('embedded');
    const mine = browser();
    const one = await bonds.make(mine.exchange(), 'kind', 'one', MINUTE, same);
    const two = await bonds.make(mine.exchange(), 'kind', 'two', MINUTE, same);
    await bonds.make(mine.exchange(), 'kind-of', 'three', MINUTE, same);
    expect(bonds.held(mine.request(), 'kind')).toEqual([two, one]);
    expect(bonds.held(browser().request(), 'kind')).toEqual([]);
  });

  it('aren’t what only looks like one: a name with a space of another alphabet, of another case, in quotes', async () => {
    const { bonds } = await scene('embedded');
    const mine = browser();
    const kept = await bonds.make(mine.exchange(), 'kind', 'id', MINUTE, same);
    const [[name = '', value = ''] = []] = [...mine.jar];
    const holds = (cookie: string) => bonds.hold({ headers: { cookie } } as IncomingMessage, 'kind', 'id', kept);
    expect(holds(`a=b; ${name}=${value};c`)).toBe(true);
    for (const cookie of [
      `\u00a0${name}=${value}`,
      `\ufeff${name}=${value}`,
      `\u000b${name}=${value}`,
      `${name}\u00a0=${value}`,
      `${name.toLowerCase()}=${value}`,
      `${name.replace('__Host-', '')}=${value}`,
      `${name}="${value}"`,
      `=${name}=${value}`,
      `$Version=1; ${name}=`,
    ]) {
      expect(holds(cookie)).toBe(false);
    }
    for (const nothing of [undefined, '', 'x']) {
      expect(bonds.hold(mine.request(), 'kind', 'id', nothing)).toBe(false);
    }
  });
});
