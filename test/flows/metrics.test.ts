import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { PASSWORD, PersonAtBrowser } from '../support/gateway.ts';
import { type Scraped, scrape } from '../support/management.ts';
import { stage } from '../support/scene.ts';

const REFERENCE = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');

/** Name, type and labels of each metric that is documented. */
const documented = [...REFERENCE.matchAll(/^\| `(sallyport_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
  ([, name = '', type = '', labels = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  }),
);

const scene = stage(() => ({ demo: true }));

const own = ({ types }: Scraped) => [...types].filter(([name]) => name.startsWith('sallyport_'));
const sum = ({ series }: Scraped, name: string, labels: Record<string, string> = {}) =>
  series
    .filter((it) => it.name === name && Object.entries(labels).every(([label, value]) => it.labels[label] === value))
    .reduce((total, { value }) => total + value, 0);

describe('metrics', () => {
  it('are each in the reference, with their type, and nothing else is', async () => {
    const found = own(await scrape(scene.gateway));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(documented.map(({ name, type }) => [name, type])));
  });

  it('count sign-ins, answers, routes and operations of stores', async () => {
    await scene.gateway.addUser('metered');
    const before = await scrape(scene.gateway);
    const person = new PersonAtBrowser(scene.gateway);
    const page = await person.begin('library');
    await person.password(page, 'metered', 'a wrong password');
    expect((await person.password(await person.begin('library'), 'metered', PASSWORD)).status).toBe(200);
    await expect
      .poll(async () => {
        const after = await scrape(scene.gateway);
        const grew = (name: string, labels: Record<string, string>) =>
          sum(after, name, labels) - sum(before, name, labels);
        return {
          completed: grew('sallyport_sign_ins_total', { outcome: 'completed', application: 'library' }),
          refused: grew('sallyport_answers_total', { outcome: 'refused', factor: 'password', application: 'library' }),
          proved: grew('sallyport_answers_total', { outcome: 'proved', factor: 'password', application: 'library' }),
          posts: grew('sallyport_request_seconds_count', { route: '/sign-in/:id', method: 'POST', status: '3xx' }),
          durable: grew('sallyport_store_seconds_count', { store: 'durable', operation: 'accounts.link' }) > 0,
          records: grew('sallyport_store_seconds_count', { store: 'durable', operation: 'records.get' }) > 0,
          ephemeral: grew('sallyport_store_seconds_count', { store: 'ephemeral', operation: 'take' }) >= 0,
        };
      })
      .toEqual({ completed: 1, refused: 1, proved: 1, posts: 2, durable: true, records: true, ephemeral: true });
  });

  it('have the documented labels, and grow by nothing that strangers send', async () => {
    const attack = async (round: number) => {
      const noise = (what: string) => `${what}-${round}-${Math.random().toString(36).slice(2)}`;
      const client = new Client();
      const at = (path: string) =>
        client.get(`${scene.gateway.url}${path}`, { headers: { 'user-agent': noise('agent') } });
      await at(`/${noise('path')}`);
      await at(`/assets/${noise('asset')}`);
      await at(`/sign-in/${noise('id')}`);
      await at(`/authorize/${noise('id')}`);
      await at(`/logout/${noise('id')}`);
      await at(`/authorize?client_id=${noise('client')}&response_type=code`);
      await at(`/authenticator/${noise('file')}`);
      await at(`/saml/sso?SAMLRequest=${noise('request')}`);
      await at(`/saml/start?application=${noise('application')}`);
      await at(`/api/${noise('call')}`);
      await client.post(`${scene.gateway.url}/token`, { client_id: noise('client'), grant_type: noise('grant') });
      await client.post(`${scene.gateway.url}/sign-in/${noise('id')}`, {
        username: noise('user'),
        password: noise('word'),
      });
      await fetch(`${scene.gateway.url}/${noise('path')}`, { method: 'PROPFIND' });
    };
    await attack(0);
    const before = (await scrape(scene.gateway)).series;
    for (let round = 1; round <= 20; round += 1) await attack(round);
    const after = (await scrape(scene.gateway)).series;
    const named = (all: typeof after) => all.map(({ name, labels }) => `${name}${JSON.stringify(labels)}`).sort();
    expect(named(after).filter((it) => /sallyport/.test(it))).toEqual(
      named(before).filter((it) => /sallyport/.test(it)),
    );

    for (const { name, labels } of after.filter((it) => it.name.startsWith('sallyport_'))) {
      const metric = documented.find(
        (it) => name.replace(/_(?:bucket|sum|count)$/, '') === it.name || name === it.name,
      );
      expect(Object.keys(labels).filter((label) => label !== 'le' && !metric?.labels.includes(label))).toEqual([]);
    }
    const routes = new Set(after.flatMap(({ labels: { route } }) => route ?? []));
    expect([...routes].filter((route) => /-\d+-/.test(route))).toEqual([]);
  });
});
