import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type RelyingParty, startRelyingParty } from '../../demo/relying-party/server.ts';
import { SECRETS } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';
import { asksCode, asksPassword, stage } from '../support/scene.ts';

const APPLICATIONS = ['library', 'courses', 'payroll'] as const;

describe.each([
  ['embedded', () => ({})],
  ['redis', () => ({ redis: inject('redisUrl'), prefix: 'restart:' })],
])('a restart of the gateway alone, on the %s store', (_name, options) => {
  const ports = { gateway: 0, relyingParty: 0 };
  let relyingParty: RelyingParty;

  beforeAll(async () => {
    ports.gateway = await freePort();
    ports.relyingParty = await freePort();
    relyingParty = await startRelyingParty({
      port: ports.relyingParty,
      host: '127.0.0.1',
      issuer: `http://localhost:${ports.gateway}`,
      applications: APPLICATIONS.map((id) => ({ id, name: id, clientId: id, clientSecret: SECRETS[id], asks: '' })),
    });
  });
  afterAll(() => relyingParty.close());
  const scene = stage(() => ({ ...options(), ports, withoutRelyingParty: true }));

  it('keeps sessions, remembered devices, methods, grants, and sign-ins under way', async () => {
    const someone = await scene.member({ remember: 'yes' });
    const waiting = scene.elsewhere(someone);
    const page = await waiting.enter('payroll');
    expect(asksCode(page)).toBe(true);

    await scene.restart();
    expect((await waiting.code(page, scene.nextCode(someone))).url.pathname).toBe('/payroll');
    expect((await someone.begin('library')).url.pathname).toBe('/library');
    const refreshed = await someone.client.post(`${relyingParty.url}/courses/refresh`);
    expect(refreshed.status).toBe(303);
    expect(await someone.subject('courses')).toBe(await waiting.subject('payroll'));

    someone.client.jar.restart();
    const password = await someone.begin('courses');
    expect(asksPassword(password)).toBe(true);
    expect((await someone.password(password, someone.username)).url.pathname).toBe('/courses');
  });
});
