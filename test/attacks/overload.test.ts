import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { forms } from '../support/forms.ts';
import { PASSWORD, PersonAtBrowser } from '../support/gateway.ts';
import { management, scrape } from '../support/management.ts';
import { stage } from '../support/scene.ts';

/** Whoever sends more than can be done must not cost others their place, and nothing is let through unchecked for it. */

const STORM = 500;
const VICTIMS = 10;
const QUEUE = 20;
const REQUESTS = 200;

describe('a storm of wrong passwords', () => {
  const scene = stage(() => ({
    config: {
      directories: { local: { concurrency: 1, queue: QUEUE, patience: 2_000 } },
      lockout: { failures: 100 },
      overload: { requests: REQUESTS, lag: '10s' },
      trustedProxies: ['127.0.0.0/8', '::1'],
    },
  }));

  /** One of many machines: none has a budget of its own to spend. */
  const from = (index: number) => new Client({ headers: { 'x-forwarded-for': `2001:db8:${index.toString(16)}::1` } });

  it('takes no place from people with a session, waits in a bounded queue, and is counted exactly', {
    timeout: 300_000,
  }, async () => {
    const { gateway } = scene;
    for (let index = 0; index < VICTIMS; index += 1) await gateway.addUser(`victim${index}`);
    await gateway.addUser('visitor');
    const visitor = new PersonAtBrowser(gateway, from(60_000));
    expect((await visitor.password(await visitor.begin('library'), 'visitor')).url.pathname).toBe('/library');

    const begin = async (index: number) => {
      const client = from(index);
      const page = await new PersonAtBrowser(gateway, client).begin('library');
      const form = forms(page.body).find(({ action }) => !/\/(switch|cancel)$/.test(action));
      return { client, url: new URL(form?.action ?? '', page.url), fields: form?.fields ?? {} };
    };
    const attackers: Awaited<ReturnType<typeof begin>>[] = [];
    while (attackers.length < STORM) {
      const next = Array.from({ length: 20 }, (_, index) => begin(attackers.length + index));
      attackers.push(...(await Promise.all(next)));
    }
    const before = process.memoryUsage().rss;

    let over = false;
    const storm = Promise.all(
      attackers.map(({ client, url, fields }, index) =>
        client.post(url, { ...fields, username: `victim${index % VICTIMS}`, password: `guess number ${index}` }),
      ),
    ).finally(() => {
      over = true;
    });
    const visits: string[] = [];
    const sizes: { waiting: number; open: number }[] = [];
    do {
      const place = await visitor.begin('library');
      visits.push(`${place.status} ${place.url.pathname}`);
      const { series } = await scrape(gateway);
      const value = (name: string) => series.find((it) => it.name === name)?.value ?? -1;
      sizes.push({ waiting: value('sallyport_hashing_waiting'), open: value('sallyport_requests_in_flight') });
    } while (!over);
    const replies = await storm;

    expect(new Set(visits)).toEqual(new Set(['200 /library']));
    expect(Math.max(...sizes.map(({ waiting }) => waiting))).toBeLessThanOrEqual(QUEUE);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);

    const looked = replies.filter(({ status }) => status === 303).length;
    const told = replies.filter(({ status }) => status === 503);
    expect(looked + told.length).toBe(STORM);
    expect(told.length).toBeGreaterThan(0);
    expect(looked).toBeGreaterThan(0);
    for (const { headers, body } of told) {
      expect(headers['retry-after']).toBe('5');
      expect(body).toMatch(/data-again="\/sign-in\/[^"]+"/);
      expect(body).toContain('A lot of people are signing in right now');
    }

    // Each that was looked at is a failure, and no other is.
    const counted = () => {
      const db = new DatabaseSync(join(scene.data, 'sallyport.db'), { readOnly: true });
      const row = db.prepare(`select sum("count") as "sum" from "failures" where "about" = 'password'`).get();
      db.close();
      return row?.sum;
    };
    expect(counted()).toBe(looked);
    const { series } = await scrape(gateway);
    const refused = series.filter(
      ({ name, labels }) => name === 'sallyport_answers_total' && labels.outcome === 'refused',
    );
    expect(refused.reduce((sum, { value }) => sum + value, 0)).toBe(looked);
    // The storm over, a victim's own password opens at once.
    const owner = new PersonAtBrowser(gateway, from(60_001));
    expect((await owner.password(await owner.begin('library'), 'victim0', PASSWORD)).url.pathname).toBe('/library');
  });
});

describe('a process that is behind', () => {
  let behind = 0;
  const scene = stage(() => ({
    lag: { now: () => behind, close: () => {} },
    config: { overload: { lag: '250ms' } },
  }));

  it('lets nobody new begin, and everybody else go on', async () => {
    const { gateway } = scene;
    behind = 0;
    await gateway.addUser('ada');
    await gateway.addUser('bob');
    const signedIn = new PersonAtBrowser(gateway);
    await signedIn.password(await signedIn.begin('library'), 'ada');
    const underway = new PersonAtBrowser(gateway);
    const page = await underway.begin('library');

    behind = 251;
    for (const [language, title] of [
      ['en', 'A lot of people are signing in right now'],
      ['zh-Hant', '目前登入人數眾多'],
      ['zh-Hans', '目前登录人数较多'],
    ] as const) {
      const stranger = new PersonAtBrowser(gateway, new Client({ headers: { 'accept-language': language } }));
      const refused = await stranger.begin('library');
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
      expect(refused.body).toContain(title);
      expect(refused.body).toMatch(/data-again="\/authorize\?[^"]+"/);
    }
    expect((await signedIn.begin('library')).url.pathname).toBe('/library');
    expect((await underway.password(page, 'bob')).url.pathname).toBe('/library');
    expect((await management(gateway, '/health/ready')).status).toBe(200);
    expect((await fetch(`${gateway.url}/.well-known/openid-configuration`)).status).toBe(200);
    const { series } = await scrape(gateway);
    expect(series.find(({ name, labels }) => name === 'sallyport_shed_total' && labels.what === 'begin')?.value).toBe(
      3,
    );

    // What the page loads anew is the request that was refused.
    const patient = new PersonAtBrowser(gateway);
    const refused = await patient.begin('library');
    const again = /data-again="([^"]+)"/.exec(refused.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    behind = 250;
    const sign = await patient.client.open(new URL(again, gateway.url));
    expect((await patient.password(sign, 'bob')).url.pathname).toBe('/library');
  });

  it('counts nobody on who goes away before their turn', async () => {
    const { gateway } = scene;
    const { hostname, port } = new URL(gateway.url);
    const open = async () => (await scrape(gateway)).series.find(({ name }) => name === 'sallyport_requests_in_flight');
    const crowd = Array.from({ length: 100 }, async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET /authorize HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`, () => {
          socket.resetAndDestroy();
          resolve();
        });
      });
      await promise;
    });
    await Promise.all(crowd);
    expect((await fetch(`${gateway.url}/.well-known/openid-configuration`)).status).toBe(200);
    await expect.poll(async () => (await open())?.value).toBe(0);
  });

  it('lets a step up of somebody with a session begin', async () => {
    behind = 0;
    const member = await scene.member();
    behind = 9_999;
    const page = await member.begin('payroll');
    expect(page.status).toBe(200);
    expect(page.url.pathname).not.toBe('/authorize');
  });
});
