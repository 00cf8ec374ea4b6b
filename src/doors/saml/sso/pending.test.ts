import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { EPHEMERAL, openEphemeral, random } from '../../../../test/support/sign-in.ts';
import { createPending, type Pending } from './pending.ts';

const PENDING: Pending = { application: 'wiki', since: 1, relayState: 'r' };

/** A browser, as far as cookies go: what answers set, its next request brings. */
function browser() {
  const jar = new Map<string, string>();
  const res = {
    appendHeader(_name: string, line: string) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    },
  } as unknown as Response; // all that sets cookies here
  const request = (cookies: Iterable<[string, string]> = jar) =>
    ({ headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') } }) as Request;
  return { jar, res, request };
}

async function scene(id: string, issuer = 'https://idp.example.org') {
  const ephemeral = await openEphemeral(id, Date.now);
  return createPending({ issuer, ephemeral, random });
}

describe.each(EPHEMERAL)('requests that wait, on the %s store', (id) => {
  it('come back in the browser that brought them, once', async () => {
    const pending = await scene(id);
    const { res, request } = browser();
    const name = await pending.put(request(), res, PENDING);
    expect(await pending.peek(name)).toMatchObject(PENDING);
    expect(await pending.take(request(), name)).toEqual(PENDING);
    expect(await pending.take(request(), name)).toBeUndefined();
    expect(await pending.peek(name)).toBeUndefined();
  });

  it('of 100 at the same time one takes it', async () => {
    const pending = await scene(id);
    const { res, request } = browser();
    const name = await pending.put(request(), res, PENDING);
    const taken = await Promise.all(Array.from({ length: 100 }, () => pending.take(request(), name)));
    expect(taken.filter((it) => it !== undefined)).toHaveLength(1);
  });

  it('stay where they are for any other browser', async () => {
    const pending = await scene(id);
    const mine = browser();
    const other = browser();
    const name = await pending.put(mine.request(), mine.res, PENDING);
    await pending.put(other.request(), other.res, PENDING);
    for (const request of [other.request(), browser().request(), mine.request([['sallyport_saml', name]])]) {
      expect(await pending.take(request, name)).toBeUndefined();
    }
    expect(await pending.take(mine.request(), name)).toEqual(PENDING);
  });

  it('of two tabs share a cookie, and not what it stands for', async () => {
    const pending = await scene(id);
    const { res, request, jar } = browser();
    const first = await pending.put(request(), res, PENDING);
    const second = await pending.put(request(), res, { ...PENDING, application: 'vault' });
    expect(jar.size).toBe(1);
    expect(await pending.take(request(), second)).toMatchObject({ application: 'vault' });
    expect(await pending.take(request(), first)).toMatchObject({ application: 'wiki' });
  });

  it('that came by POST have a cookie of their own, which opens nothing else', async () => {
    const pending = await scene(id);
    const { res, request, jar } = browser();
    const waiting = await pending.put(request(), res, PENDING);
    const posted = await pending.handOver(res, PENDING);
    expect(jar.size).toBe(2);
    expect(await pending.take(request(), posted)).toBeUndefined();
    expect(await pending.takeOver(request(), waiting)).toBeUndefined();
    expect(await pending.takeOver(request(), posted)).toEqual(PENDING);
    expect(await pending.take(request(), waiting)).toEqual(PENDING);
  });

  it('leave nothing in the store that opens one', async () => {
    const kept: string[] = [];
    const ephemeral = await openEphemeral(id, Date.now);
    const set: typeof ephemeral.set = (key, value, ttl) => {
      kept.push(key, value);
      return ephemeral.set(key, value, ttl);
    };
    const pending = createPending({
      issuer: 'https://idp.example.org',
      ephemeral: { ...ephemeral, set, get: ephemeral.get.bind(ephemeral), take: ephemeral.take.bind(ephemeral) },
      random,
    });
    const { res, request, jar } = browser();
    const names = [await pending.put(request(), res, PENDING), await pending.handOver(res, PENDING)];
    for (const secret of [...names, ...jar.values()]) expect(kept.join('\n')).not.toContain(secret);
  });

  it.each(['', 'x', '__proto__', 'a'.repeat(5000)])('are not found by %j', async (name) => {
    const pending = await scene(id);
    const { res, request } = browser();
    await pending.put(request(), res, PENDING);
    expect(await pending.take(request(), name)).toBeUndefined();
    expect(await pending.takeOver(request(), name)).toBeUndefined();
    expect(await pending.peek(name)).toBeUndefined();
  });
});

describe('its cookies', () => {
  it.each([
    ['https://idp.example.org', /^__Host-sallyport_saml(_[\w-]{8})?=[\w-]{43}; .*Secure/],
    ['http://localhost:3000', /^sallyport_saml(_[\w-]{8})?=[\w-]{43};/],
  ])('at %s', async (issuer, shape) => {
    const pending = await scene('embedded', issuer);
    const lines: string[] = [];
    const res = { appendHeader: (_name: string, line: string) => lines.push(line) } as unknown as Response; // as above
    await pending.put(browser().request(), res, PENDING);
    await pending.handOver(res, PENDING);
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(shape);
      expect(line).toContain('HttpOnly');
      expect(line).toContain('SameSite=Lax');
      expect(line).toContain('Path=/');
      expect(line).not.toContain('Domain');
    }
  });
});
