import { expect } from 'vitest';
import type { Reply } from '../client.ts';
import type { Cluster } from '../cluster.ts';
import { PASSWORD } from '../gateway.ts';
import { createActs } from './acts.ts';
import type { Ended } from './ledger.ts';
import type { Load } from './load.ts';
import { asksCode, asksPassword, asksToRemember, Person } from './person.ts';

/** Of what was ended, so many of each kind are tried again; and so many people sign in again. */
const TRIED = 5;
/** Longer than a code is good for, milliseconds. */
const LATER = 90_000;

interface Row {
  event: string;
  account: string;
  credential: string | undefined;
}

/** Holds the ledger against what the stores have and what the gateways do, once the load has stopped. */
export async function checkLedger(cluster: Cluster, load: Load): Promise<void> {
  expect(strange(cluster)).toEqual([]);
  expect(load.ledger.breaches).toEqual([]);
  await cluster.command('audit verify');
  expect(await missing(cluster, load)).toEqual([]);
  cluster.advance(LATER);
  await expectEnded(cluster, load);
  await expectKept(cluster, load);
  expect(load.ledger.breaches).toEqual([]);
}

/** Requests that failed for another reason than that something is away. */
function strange({ nodes }: Cluster): string[] {
  const failed = nodes.flatMap(({ logs }) => logs.filter(({ message }) => message === 'request failed'));
  const errors = failed.map(({ fields }) => fields.err as { type?: string; stack?: string });
  return errors.filter(({ type }) => type !== 'SallyportError').map(({ stack }) => stack ?? 'no stack');
}

/** What was acknowledged and isn't there. */
async function missing({ postgres, stores }: Cluster, { ledger }: Load): Promise<string[]> {
  const url = (stores.durable as { url: string }).url;
  const query = async (statement: string) => (await postgres?.run(statement, url)) ?? [];
  const names = new Map((await query('select id, username from accounts')).map((row) => [row.id, row.username]));
  const audit = (await query('select event, account, detail from audit where account is not null')).map(
    ({ event, account, detail }): Row => ({
      event: String(event),
      account: String(names.get(account)),
      credential: JSON.parse(String(detail)).credential,
    }),
  );
  const held = (await query('select id, account from credentials')).map(({ id, account }) => ({
    id: String(id),
    account: String(names.get(account)),
  }));
  const found: string[] = [];
  for (const account of ledger.accounts.values()) {
    const { username, enrolled, shown, removed, inDoubt } = account;
    const events = audit.filter((row) => row.account === username);
    const count = (event: string) => events.filter((row) => row.event === event).length;
    const least = (event: string, told: number) => {
      if (count(event) < told)
        found.push(`${username}: ${event} ${count(event)} times in the audit, told ${told} times`);
    };
    least('credential.added', enrolled);
    least('sessions.revoked', account.signedOutEverywhere);
    least('device.remembered', account.remembered);
    const own = new Set(held.filter((one) => one.account === username).map(({ id }) => id));
    if (own.size + removed.size + inDoubt.size < enrolled)
      found.push(`${username}: has ${own.size} methods of ${enrolled}`);
    for (const id of shown) {
      if (!own.has(id) && !removed.has(id) && !inDoubt.has(id)) found.push(`${username}: the method ${id} is lost`);
    }
    for (const id of removed) {
      if (own.has(id)) found.push(`${username}: the method ${id} is there again`);
      const told = events.some((row) => row.event === 'credential.removed' && row.credential === id);
      if (!told) found.push(`${username}: nothing in the audit says that ${id} was removed`);
    }
  }
  return found;
}

/** What was ended opens nothing. */
async function expectEnded(cluster: Cluster, { ledger }: Load): Promise<void> {
  const acts = createActs(cluster, ledger);
  const kinds = Map.groupBy(ledger.ended, ({ what }) => what);
  const tried = [...kinds.values()].flatMap((ended) => ended.slice(-TRIED));
  const opens = async ({ what, username, jar, token = '', verifier = '', codeAt }: Ended): Promise<boolean> => {
    const person = new Person(cluster, ledger, { username, password: PASSWORD });
    const browser = person.browser(jar);
    if (what === 'code') return (await acts.exchange(browser, token, verifier)).status === 200;
    if (what === 'refresh token') {
      return (await acts.token(browser, { grant_type: 'refresh_token', refresh_token: token })).status === 200;
    }
    const first = await browser.load(acts.requestOf().url);
    if (what === 'session') return !asksPassword(first);
    const page = asksPassword(first) ? await acts.answer(browser, first, person) : first;
    const isIn = (shown: Reply) => browser.isBack(shown) || asksToRemember(shown);
    if (codeAt === undefined || !asksCode(page)) return isIn(page);
    return isIn(await browser.press(page, { code: codeAt(Date.now()) }));
  };
  const open = await Promise.all(
    tried.map(async (one) => ((await opens(one)) ? [`${one.what} of ${one.username}`] : [])),
  );
  expect(open.flat()).toEqual([]);
}

/** And who has enrolled signs in with it, without a restart of anything. */
async function expectKept(cluster: Cluster, { ledger, done }: Load): Promise<void> {
  const acts = createActs(cluster, ledger);
  const some = done.filter(({ app }) => app !== undefined).slice(-TRIED);
  await Promise.all(some.map((person) => acts.signIn(person)));
}
