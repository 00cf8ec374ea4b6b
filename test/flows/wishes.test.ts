import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import type { Cookie } from '../support/cookies.ts';
import { application } from '../support/oidc-gateway.ts';
import { Passkey } from '../support/passkeys.ts';
import { answerOf, call } from '../support/relying-party.ts';
import { type Question, SamlSite } from '../support/saml-site.ts';
import { asksCode, asksPassword, asksToRemember, type Someone, stage } from '../support/scene.ts';
import {
  expected,
  MFA,
  OLD,
  type Result,
  type Row,
  RULES,
  rowsOf,
  SESSIONS,
  type Step,
  WITHIN,
  type Wish,
} from '../support/wishes.ts';

/**
 * What a request asks for arrives: combinations of session, remembered device, rule and wish, from the application's
 * redirect to the token, and from the AuthnRequest to the assertion.
 */

const site = await SamlSite.start();
const oidcOf = (rule: Row['rule']) => `app-${rule}`;
const samlOf = (rule: Row['rule']) => `sp-${rule}`;
const both = (rule: Row['rule']) => [oidcOf(rule), samlOf(rule)];

const scene = stage(() => ({
  withoutRelyingParty: true,
  config: {
    doors: { saml: {} },
    factors: { fido2: {} },
    sessions: { lifetime: '30d', idle: '30d' },
    applications: Object.fromEntries([
      ...RULES.map((rule) => [oidcOf(rule), application(oidcOf(rule))]),
      ...RULES.map((rule) => [samlOf(rule), { name: rule, saml: { metadata: { file: site.metadata(samlOf(rule)) } } }]),
    ]),
    policy: {
      rules: [
        { name: 'sfa', applications: both('sfa'), level: 'sfa' },
        { name: 'mfa', applications: both('mfa'), level: 'mfa' },
        { name: 'never', applications: both('never'), level: 'mfa', remember: 'never' },
        { name: 'remember', applications: both('remember'), level: 'mfa', remember: '30d' },
      ],
    },
  },
}));
afterAll(() => site.close());

const DEVICE = 'sallyport_device_';
const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

interface Ready {
  browser: Someone;
  since: number;
}

/** Somebody with one second method, and the cookie of a device on which it is remembered. */
interface Person {
  someone: Someone;
  key?: Passkey;
  device?: Cookie;
}

const people: Record<'code' | 'passkey', Person> = {} as never;

const addressOf = (rule: Row['rule'], parameters: Readonly<Record<string, string>> = {}): string => {
  const query = new URLSearchParams({
    ...{ client_id: oidcOf(rule), response_type: 'code', scope: 'openid', nonce: 'n' },
    ...{ redirect_uri: `http://127.0.0.1:9/${oidcOf(rule)}/callback` },
    ...{ code_challenge: CHALLENGE, code_challenge_method: 'S256', ...parameters },
  });
  return `${scene.gateway.url}/authorize?${query}`;
};

/** A browser that stops at the door of the OpenID Connect applications, which listen nowhere. */
class DoorClient extends Client {
  override follow(reply: Reply, stop: (next: URL) => boolean = () => false): Promise<Reply> {
    return super.follow(reply, (next) => next.port === '9' || stop(next));
  }
}

/** Answers what is asked with what the person has; says what was. */
async function through(person: Person, browser: Someone, first: Reply, remember: 'yes' | 'no' = 'no') {
  const asked: Step[] = [];
  let page = first;
  for (let pages = 0; pages < 6 && page.location === undefined && !site.isHere(page); pages += 1) {
    if (asksPassword(page)) asked.push('first');
    else if (asksCode(page)) asked.push('second');
    else if (!asksToRemember(page)) break;
    page = await answered(person, browser, page, remember);
  }
  return { asked, end: page };
}

function answered({ key }: Person, browser: Someone, page: Reply, remember: 'yes' | 'no'): Promise<Reply> {
  if (asksToRemember(page)) return browser.remember(page, remember);
  if (key) return key.use(browser, page);
  if (asksPassword(page)) return browser.password(page, browser.username);
  return browser.code(page, scene.nextCode(browser));
}

/** A browser with such a session, and no device. */
async function browserOf(session: Row['session'], person: Person): Promise<Ready> {
  const browser = scene.elsewhere(person.someone, new DoorClient());
  if (session !== 'none') {
    const rule = session === 'second' || session === 'old' ? 'mfa' : 'sfa';
    const { end } = await through(person, browser, await browser.client.open(addressOf(rule)));
    expect(answerOf(end)).toHaveProperty('code');
  }
  return { browser, since: Date.now() };
}

/** Sessions that rows have left as they were. A fresh one is used for a few minutes alone. */
class Pool {
  readonly #left: Ready[] = [];
  readonly #session: Row['session'];
  readonly #person: Person;

  constructor(session: Row['session'], person: Person) {
    this.#session = session;
    this.#person = person;
  }

  async fill(rows: readonly Row[]): Promise<void> {
    if (this.#session !== 'old') return;
    const used = rows.filter((row) => expected(row).asked.length > 0);
    for (let left = used.length + 1; left > 0; left -= 1) this.#left.push(await browserOf('old', this.#person));
    scene.clock.advance(OLD * SECONDS);
  }

  async take(): Promise<Ready> {
    const found = this.#left.pop();
    const isGood = found && (this.#session === 'old' || Date.now() - found.since < (WITHIN * SECONDS) / 3);
    return isGood ? found : browserOf(this.#session, this.#person);
  }

  putBack(ready: Ready): void {
    if (this.#session !== 'none') this.#left.push(ready);
  }
}

/** The rows of one kind of session, one after another; each is told in a line where it isn't as it must be. */
async function differences(rows: readonly Row[], run: (row: Row, person: Person, browser: Someone) => Promise<Result>) {
  const found: string[] = [];
  const [{ session } = { session: 'none' as const }] = rows;
  const person = people[session === 'passkey' ? 'passkey' : 'code'];
  const pool = new Pool(session, person);
  await pool.fill(rows);
  for (const row of rows) {
    const ready = await pool.take();
    const { jar } = ready.browser.client;
    jar.delete(DEVICE);
    if (row.device === 'remembered' && person.device) jar.put(person.device);
    scene.clock.advance(2 * SECONDS);
    const result = await run(row, person, ready.browser);
    const device = jar.all().find(({ name }) => name.startsWith(DEVICE));
    if (row.device === 'remembered' && device) person.device = device;
    const [is, must] = [JSON.stringify(result), JSON.stringify(expected(row))];
    if (is !== must) found.push(`${JSON.stringify(row)}: ${is}, not ${must}`);
    else if (result.asked.length === 0) pool.putBack(ready);
  }
  return found;
}

/** Somebody who sets a method up in a first sign-in, and says that the browser is theirs. */
async function newcomer(factor: string, setUp: (browser: Someone, page: Reply) => Promise<Reply>): Promise<Person> {
  const someone = scene.elsewhere(await scene.newcomer(), new DoorClient());
  const page = await someone.client.open(addressOf('remember'));
  const choice = await someone.password(page, someone.username);
  const question = await setUp(someone, await someone.answer(choice, { factor }));
  const end = await someone.remember(question, 'yes');
  expect(answerOf(end)).toHaveProperty('code');
  const device = someone.client.jar.all().find(({ name }) => name.startsWith(DEVICE));
  return { someone, ...(device ? { device } : {}) };
}

beforeAll(async () => {
  const key = new Passkey(scene.gateway);
  people.code = await newcomer('totp', (browser, page) => browser.enrol(page));
  people.passkey = { ...(await newcomer('fido2', (browser, page) => key.enrol(browser, page))), key };
});

/** Dozens of sign-ins each, and some hundred in the long run. */
const LONG = { timeout: 180_000 };

const essential = JSON.stringify({ id_token: { acr: { essential: true, value: MFA } } });

const OIDC: readonly [Wish, Readonly<Record<string, string>>][] = [
  [{}, {}],
  [{ maxAge: 0 }, { max_age: '0' }],
  [{ maxAge: WITHIN }, { max_age: String(WITHIN) }],
  [{ login: true }, { prompt: 'login' }],
  [{ silent: true }, { prompt: 'none' }],
  [
    { silent: true, maxAge: 0 },
    { prompt: 'none', max_age: '0' },
  ],
  [{ acr: 'essential' }, { claims: essential }],
  [
    { acr: 'essential', maxAge: 0 },
    { claims: essential, max_age: '0' },
  ],
  [
    { acr: 'essential', maxAge: WITHIN },
    { claims: essential, max_age: String(WITHIN) },
  ],
  [
    { acr: 'essential', silent: true },
    { claims: essential, prompt: 'none' },
  ],
  [{ acr: 'voluntary' }, { acr_values: MFA }],
  [
    { acr: 'voluntary', maxAge: 0 },
    { acr_values: MFA, max_age: '0' },
  ],
];

const REFUSED: Readonly<Record<string, Step>> = { login_required: 'first', interaction_required: 'second' };

describe('from the authorization request to the token', () => {
  it.each(SESSIONS)(
    'session %s: whatever device, rule and wish come together, it comes to what the documentation says',
    LONG,
    async (session) => {
      const parameters = new Map(OIDC);
      const rows = rowsOf(session, [...parameters.keys()]);
      const run = async (row: Row, person: Person, browser: Someone): Promise<Result> => {
        const began = Math.floor(Date.now() / 1000);
        const { asked, end } = await through(
          person,
          browser,
          await browser.client.open(addressOf(row.rule, parameters.get(row.wish))),
        );
        const { code = '', error = '' } = answerOf(end);
        const refused = REFUSED[error];
        if (refused) return { asked: [], refused };
        const fields = { grant_type: 'authorization_code', code, code_verifier: VERIFIER };
        const redirect = { redirect_uri: `http://127.0.0.1:9/${oidcOf(row.rule)}/callback` };
        const reply = await call(scene.gateway, '/token', { ...fields, ...redirect }, oidcOf(row.rule));
        const { id_token = '' } = reply.json() as { id_token?: string };
        if (!id_token) throw new Error(`no token: ${end.status} ${end.url} ${end.text.slice(0, 300)} ${reply.body}`);
        const claims = decodeJwt(id_token) as { acr: string; amr: string[]; auth_time: number };
        return { asked, acr: claims.acr, amr: claims.amr, anew: claims.auth_time >= began };
      };
      expect(await differences(rows, run)).toEqual([]);
    },
  );
});

const SAML: readonly [Wish, Question][] = [
  [{}, {}],
  [{ login: true, maxAge: 0 }, { force: true }],
  [{ silent: true }, { passive: true }],
  [
    { login: true, maxAge: 0, silent: true },
    { force: true, passive: true },
  ],
  [{ acr: 'essential' }, { classes: [MFA] }],
  [
    { acr: 'essential', login: true, maxAge: 0 },
    { classes: [MFA], force: true },
  ],
  [
    { acr: 'essential', silent: true },
    { classes: [MFA], passive: true },
  ],
];

describe('from the AuthnRequest to the assertion', () => {
  it.each(SESSIONS)(
    'session %s: whatever device, rule and wish come together, it comes to what the documentation says',
    LONG,
    async (session) => {
      const questions = new Map(SAML);
      const rows = rowsOf(session, [...questions.keys()]);
      const run = async (row: Row, person: Person, browser: Someone): Promise<Result> => {
        const began = Math.floor(Date.now() / 1000);
        const address = site.address(samlOf(row.rule), scene.gateway.url, questions.get(row.wish));
        const { asked, end } = await through(person, browser, await browser.client.open(address));
        const { status, classRef = '', xml } = site.answer(end);
        const must = expected(row);
        // An assertion names no methods, and NoPassive not what was missing.
        if (status.at(-1) === 'NoPassive') return { asked: [], refused: 'refused' in must ? must.refused : 'first' };
        if (status[0] !== 'Success') throw new Error(`${JSON.stringify(row)}: ${status}`);
        const instant = Date.parse(/AuthnInstant="([^"]+)"/.exec(xml)?.[1] ?? '') / 1000;
        return { asked, acr: classRef, amr: 'amr' in must ? must.amr : [], anew: instant >= began };
      };
      expect(await differences(rows, run)).toEqual([]);
    },
  );
});
