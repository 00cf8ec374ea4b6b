import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import express, { type ErrorRequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasCode } from '../core/errors.ts';
import { type AdmissionNeeds, admission } from './admission.ts';

const BOND = 'sallyport.interaction.0123456789ab=x';
const SESSION = 'session=real';

/** A front with room for 20: its page answers when it is told to. */
async function front(requests = 20, found?: Promise<void>) {
  const waiting: (() => void)[] = [];
  let lookups = 0;
  let left = 0;
  const shed: string[] = [];
  const core = {
    async session(req: { headers: { cookie?: string } }) {
      lookups += 1;
      await found;
      return req.headers.cookie?.includes(SESSION) ? { account: 'a' } : undefined;
    },
  };
  const app = express();
  app.use((_req, res, next) => {
    res.once('close', () => (left += res.writableFinished ? 0 : 1));
    next();
  });
  const doors = [{ handler: () => {}, forPrograms: (path: string) => path === '/token' }];
  const needs = { core, doors, overload: { requests }, shed: (what: string) => shed.push(what) };
  app.use(admission(needs as unknown as AdmissionNeeds).handler);
  app.use((_req, res) => void waiting.push(() => res.end()));
  const told: ErrorRequestHandler = (error, _req, res, _next) =>
    void res.status(hasCode(error, 'ERR_OVERLOADED') ? 503 : 500).end();
  app.use(told);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** So many at once: how many were let in, once each is refused or waits. */
  async function storm(count: number, path: string, cookie?: string, signal?: AbortSignal): Promise<number> {
    const before = waiting.length;
    let refused = 0;
    for (let index = 0; index < count; index += 1) {
      void fetch(`${url}${path}`, { ...(cookie && { headers: { cookie } }), ...(signal && { signal }) })
        .then(({ status }) => (refused += status === 503 ? 1 : 0))
        .catch(() => {});
    }
    await expect.poll(() => refused + waiting.length - before, { timeout: 20_000 }).toBe(count);
    return waiting.length - before;
  }

  const answer = () => {
    for (const end of waiting.splice(0)) end();
  };
  return { storm, url, shed, lookups: () => lookups, left: () => left, answer };
}

describe('requests that are answered at once', () => {
  it('are bounded, what is new first', async () => {
    const { storm, shed } = await front();
    expect(await storm(30, '/authorize')).toBe(8);
    expect(await storm(30, '/sign-in/a', BOND)).toBe(4);
    expect(await storm(30, '/authorize', `${BOND}; ${SESSION}`)).toBe(3);
    expect(shed.length).toBe(22 + 26 + 27);
  });

  it('keep room for sessions that cookies alone do not open', async () => {
    const { storm } = await front();
    expect(await storm(50, '/authorize', `${BOND}; session=forged`)).toBe(12);
    expect(await storm(50, '/authorize', 'session=forged')).toBe(0);
    expect(await storm(3, '/authorize', SESSION)).toBe(3);
  });

  it('keep room for programs, who are told in JSON, and for people from programs', async () => {
    const { storm, url } = await front();
    await storm(50, '/authorize', BOND);
    expect(await storm(50, '/token')).toBe(5);
    const answer = await fetch(`${url}/token`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await answer.json()).toEqual({ error: 'temporarily_unavailable' });
    expect(await storm(3, '/authorize', SESSION)).toBe(3);
  });

  it('are let in again once others have been answered, or went away', async () => {
    const { storm, answer } = await front();
    const leaving = new AbortController();
    expect(await storm(20, '/authorize', undefined, leaving.signal)).toBe(8);
    leaving.abort();
    await expect.poll(() => storm(1, '/authorize'), { timeout: 20_000 }).toBe(1);
    expect(await storm(20, '/authorize')).toBe(7);
    answer();
    await expect.poll(() => storm(1, '/authorize'), { timeout: 20_000 }).toBe(1);
  });

  it('count nobody who went away while their session was looked up', async () => {
    const store = Promise.withResolvers<void>();
    const { storm, url, lookups, answer, left } = await front(20, store.promise);
    expect(await storm(12, '/authorize', BOND)).toBe(12);
    const leaving = new AbortController();
    const asked = Array.from({ length: 10 }, () =>
      fetch(`${url}/authorize`, { headers: { cookie: SESSION }, signal: leaving.signal }).catch(() => {}),
    );
    await expect.poll(lookups, { timeout: 20_000 }).toBe(10);
    leaving.abort();
    await Promise.all(asked);
    await expect.poll(left, { timeout: 20_000 }).toBe(10);
    store.resolve();
    await setImmediate();
    answer();
    await expect.poll(() => storm(1, '/authorize'), { timeout: 20_000 }).toBe(1);
    expect(await storm(20, '/authorize', BOND)).toBe(11);
    expect(await storm(20, '/authorize', SESSION)).toBe(3);
  });

  it('cost a stranger no look-up of a session where there is room', async () => {
    const { storm, lookups } = await front();
    await storm(8, '/authorize', 'session=forged');
    expect(lookups()).toBe(0);
  });
});
