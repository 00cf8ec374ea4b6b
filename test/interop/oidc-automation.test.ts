import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { call, HomeClient, Person, RelyingParty } from '../support/relying-party.ts';

/** What the conformance suite's browser automation finds our pages' fields and buttons by: the same in every language. */
const LOCALES = ['en', 'zh-Hant', 'zh-Hans'];
const it_ = gatewayOfFile({
  applications: {
    asks: application('asks', {}, { consent: 'ask' }),
    strict: application('strict'),
    tv: application('tv', {
      ...{ redirectUris: [], grants: ['device_code'] },
      clientSecret: undefined,
      authentication: 'none',
    }),
  },
  policy: { rules: [...rules('asks', 'tv'), { name: 'strict', applications: ['strict'], level: 'mfa' }] },
});

const party = (id: string) => RelyingParty.of(it_.gateway, id, { redirectUri: `http://127.0.0.1:9/${id}/callback` });
const at = (locale: string) => new HomeClient(it_.gateway, { headers: { 'accept-language': locale } });
const visitor = (locale: string) => new Person(it_.gateway, 'alice', at(locale));

/** Fields that bear their id as a name, too. */
const FIELDS = ['username', 'password', 'code', 'user_code'];

/** What a page has of these ids; one that isn't there, or twice, isn't found. */
const found = (page: Reply, ids: readonly string[]) => ids.filter((id) => page.body.split(` id="${id}"`).length === 2);

async function expectIds(page: Reply, locale: string, ids: readonly string[]): Promise<void> {
  expect(page.body).toContain(`<html lang="${locale}"`);
  expect(found(page, ids)).toEqual(ids);
  for (const id of ids.filter((one) => FIELDS.includes(one)))
    expect(new RegExp(`<input(?=[^>]* id="${id}")[^>]* name="${id}"`).test(page.body), id).toBe(true);
}

describe.each(LOCALES)('%s', (locale) => {
  it('sign-in, consent and sign-out', async () => {
    const person = visitor(locale);
    const asks = await party('asks');
    const page = await person.client.open((await asks.begin({ prompt: 'login consent' })).url);
    await expectIds(page, locale, ['username', 'password', 'continue']);
    const consent = await person.type(page);
    await expectIds(consent, locale, ['allow', 'deny']);
    await expectIds(await person.client.open(`${it_.gateway.url}/logout`), locale, ['sign-out']);
  });

  it('a device', async () => {
    const person = visitor(locale);
    const url = `${it_.gateway.url}/device`;
    await expectIds(await person.client.open(url), locale, ['user_code', 'continue']);
    const { user_code } = (
      await call(it_.gateway, '/device-authorization', { client_id: 'tv', scope: 'openid' })
    ).json() as { user_code: string };
    await expectIds(await person.client.post(url, { user_code }), locale, ['confirm', 'abort']);
  });
});

describe('a code', () => {
  let person: Person;
  beforeAll(async () => {
    person = new Person(it_.gateway, 'bob');
    await person.signIn(await party('strict'));
  });

  it.each(LOCALES)('%s', async (locale) => {
    const other = new Person(it_.gateway, 'bob', at(locale));
    const page = await other.client.open((await (await party('strict')).begin()).url);
    await expectIds(await other.type(page), locale, ['code']);
  });
});

describe('what scripts/conformance.ts writes', () => {
  it('presses and fills in nothing but these', () => {
    const folder = join(it_.folder, 'suite');
    execFileSync(process.execPath, ['scripts/conformance.ts', '--folder', folder], { timeout: 60_000 });
    for (const plan of ['basic', 'front', 'fapi', 'signing']) {
      const { browser } = JSON.parse(readFileSync(join(folder, `${plan}.json`), 'utf8'));
      const commands = browser.flatMap(({ tasks }: { tasks: { commands: string[][] }[] }) =>
        tasks.flatMap((task) => task.commands),
      ) as string[][];
      const ids = commands.filter(([what]) => what !== 'wait').map(([, by, id]) => `${by} ${id}`);
      expect(new Set(ids)).toEqual(new Set(['id username', 'id password', 'id continue', 'id sign-out']));
    }
  });
});
