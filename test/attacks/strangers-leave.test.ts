import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { gatewayOfFile } from '../support/oidc-gateway.ts';
import { HomeClient, Person, RelyingParty } from '../support/relying-party.ts';

const it_ = gatewayOfFile();

/** Rows of a table of the gateway's own files. */
function rows(file: 'sallyport' | 'ephemeral', query: string): unknown[] {
  const db = new DatabaseSync(join(it_.folder, 'data', `${file}.db`), { readOnly: true });
  try {
    return db.prepare(query).all();
  } finally {
    db.close();
  }
}

const accounts = () =>
  rows('sallyport', 'SELECT username FROM accounts').map((row) => (row as { username: string }).username);
const sessions = () => rows('ephemeral', "SELECT key FROM entries WHERE key LIKE 'oidc:session%'");

it('no account by a wrong password, and one by the first right answer, under which all of it is counted', async () => {
  const library = await RelyingParty.of(it_.gateway, 'library');
  const alice = new Person(it_.gateway, 'alice');
  let page = await alice.client.open((await library.begin()).url);
  for (let tries = 0; tries < 3; tries += 1) page = await alice.answer(page, { username: 'alice', password: 'wrong' });
  expect(page.body).toMatch(/name="password"/);
  expect(accounts()).toEqual([]);
  const tokens = await alice.signIn(library);
  expect(accounts()).toEqual(['alice']);
  const told = () => rows('sallyport', "SELECT account FROM audit WHERE event = 'sign-in.refused'");
  // Written off the request's path.
  await expect.poll(told).toEqual(Array(3).fill({ account: tokens.claims()?.sub }));
});

it('no session by signing out, nor by a cookie that was made up', async () => {
  const before = sessions().length;
  const client = new HomeClient(it_.gateway);
  const made = new Client({ headers: { cookie: `sallyport_session=${'a'.repeat(43)}` } });
  for (const path of [
    `/logout?state=${'s'.repeat(4_000)}`,
    '/logout/confirm',
    '/authorize?client_id=library',
    '/authorize',
  ]) {
    for (const one of [client, made]) {
      const reply = await one.get(`${it_.gateway.url}${path}`);
      expect(reply.status, path).toBeLessThan(500);
      expect(reply.setCookies.join(), path).not.toMatch(/sallyport_session=[^;]/);
    }
  }
  const out = await client.open(`${it_.gateway.url}/logout`);
  expect(out.text).toMatch(/signed out/);
  expect(sessions()).toHaveLength(before);
});
