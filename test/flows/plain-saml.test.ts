import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { SAML } from '@node-saml/node-saml';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { redirect } from '../../src/saml/testing/messages.ts';
import { forms } from '../support/forms.ts';
import { type Question, SamlSite } from '../support/saml-site.ts';
import { type Someone, stage } from '../support/scene.ts';

/** Express takes over what its applications do as they are made. */
const byExpress = vi.spyOn(express.application as unknown as { handle(): void }, 'handle');

const site = await SamlSite.start();
afterAll(() => site.close());

const SIGN = { both: 'both', assertion: 'assertion', response: 'response' } as const;
const OTHERS = ['asking', 'strict', 'unmet'];
const ATTRIBUTES = ['uid', 'displayName', 'mail', 'eduPersonPrincipalName'];
const PASSWORD = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';

const sp = (id: string, more: object = {}, saml: object = {}) => ({
  name: id === 'both' ? { en: 'Both <signed>', 'zh-Hant': '雙重' } : id,
  ...more,
  saml: { metadata: { file: site.metadata(id, { [id]: { acs: { 0: 'acs', 7: 'other' } } }) }, ...saml },
});

const scene = stage(() => ({
  config: {
    doors: { saml: {} },
    applications: {
      ...Object.fromEntries(
        Object.entries(SIGN).map(([id, sign]) => [id, sp(id, {}, { sign, attributes: ATTRIBUTES })]),
      ),
      mailed: sp('mailed', {}, { nameId: 'emailAddress', attributes: ['mail'] }),
      asking: sp('asking', { consent: 'ask' }),
      strict: sp('strict'),
      unmet: sp('unmet'),
      members: {
        name: 'Members',
        saml: {
          metadata: { file: site.metadata('members', { inside: { displayName: 'Inside' }, beside: {} }) },
          federation: true,
        },
      },
    },
    policy: {
      rules: [
        { name: 'sfa', applications: ['library', ...Object.keys(SIGN), 'mailed', 'asking', 'members'], level: 'sfa' },
        { name: 'mfa', applications: ['courses', 'strict'], level: 'mfa', remember: '30d' },
        { name: 'nobody', applications: ['unmet'], deny: true },
        { name: 'always', applications: ['payroll'], level: 'mfa', remember: 'never' },
      ],
    },
  },
}));

interface Answered {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
  /** Before Express. */
  plainly: boolean;
}

async function send(url: string, headers: Record<string, string>, method = 'GET'): Promise<Answered> {
  const { host, port, origin } = new URL(url);
  byExpress.mockClear();
  // As it is written: a signature covers its letters.
  const path = url.slice(origin.length);
  const sent = request({ host: 'localhost', port, path, method, headers: { host, ...headers }, setHost: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { date: _, 'x-request-id': reference, ...rest } = answer.headers;
  expect(reference).toMatch(/^[A-Z2-9]{10}$/);
  const body = Buffer.concat((await answer.toArray()) as Buffer[]).toString();
  return { status: answer.statusCode, headers: rest, body, plainly: byExpress.mock.calls.length === 0 };
}

const cookieOf = ({ client }: Someone) =>
  client.jar
    .for(new URL(scene.gateway.url))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');

let alice: Someone;
const PAD = `&pad=${'x'.repeat(8192)}`;

const address = (id: string, asked: Question = {}) => site.address(id, scene.gateway.url, { signed: true, ...asked });
const visit = (id: string, asked: Question = {}, headers: Record<string, string> = {}) =>
  send(address(id, asked), { cookie: cookieOf(alice), ...headers });

const inputsOf = (body: string): Record<string, string> => forms(body)[0]?.fields ?? {};
const responseIn = (body: string) => Buffer.from(inputsOf(body).SAMLResponse ?? '', 'base64').toString();
const isAnswer = ({ status, body }: Pick<Answered, 'status' | 'body'>) =>
  status === 200 && responseIn(body).includes('status:Success"');

/** But for what is new in each: IDs, the request's own, times, digests and signatures. */
function comparable({ status, headers, body }: Answered) {
  const xml = responseIn(body)
    .replace(/ (ID|InResponseTo)="_[^"]+"/g, ' $1="_"')
    .replace(/URI="#_[^"]+"/g, 'URI="#_"')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')
    .replace(/<ds:(DigestValue|SignatureValue)>[^<]+/g, '<ds:$1>');
  const { SAMLResponse = '', ...rest } = inputsOf(body);
  return { status, headers, xml, rest, page: body.replace(SAMLResponse, '') };
}

/** The same question in both ways: an address that is that long is none that is answered plainly. */
async function both(id: string, asked: Question = {}, headers: Record<string, string> = {}) {
  const [one, other] = [address(id, asked), address(id, asked)];
  const all = { cookie: cookieOf(alice), ...headers };
  const plain = await send(one, all);
  const long = await send(`${other}${PAD}`, all);
  expect(long.plainly).toBe(false);
  return { plain, long };
}

async function firstVisit(who: Someone, id: string): Promise<void> {
  const page = await who.client.open(address(id));
  expect(site.isHere(page), page.text).toBe(true);
}

beforeAll(async () => {
  alice = await scene.newcomer({ username: 'alice', email: 'alice@example.org' });
  await alice.enter('library');
  for (const id of [...Object.keys(SIGN), 'mailed', 'inside']) await firstVisit(alice, id);
});

describe('a request that is asked plainly is answered as the long way would', () => {
  const EMAIL = '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/>';
  const TRANSIENT =
    '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient" AllowCreate="true"/>';
  const cases: Record<string, Question> = {
    'as it is': {},
    'with a RelayState': { relayState: 'https://sp.example.org/?a=1&b=<"é%20+雙\'>' },
    'by an index': { attributes: 'AssertionConsumerServiceIndex="7"' },
    'a class': { classes: [PASSWORD] },
    'at least a class': { classes: [PASSWORD], comparison: 'minimum' },
    'another name': { nameIdPolicy: EMAIL },
    'a passing name': { nameIdPolicy: TRANSIENT },
    'without a page': { passive: true },
  };
  it.each(Object.keys(SIGN).flatMap((id) => Object.keys(cases).map((name) => [id, name] as const)))(
    'of %s, %s',
    async (id, name) => {
      const { plain, long } = await both(id, cases[name]);
      expect(plain.plainly).toBe(true);
      expect(isAnswer(plain)).toBe(true);
      expect(comparable(plain)).toEqual(comparable(long));
    },
  );

  it('of others’ names, members of a federation, and in other languages', async () => {
    for (const id of ['mailed', 'inside']) {
      const { plain, long } = await both(id);
      expect([plain.plainly, isAnswer(plain)], id).toEqual([true, true]);
      expect(comparable(plain)).toEqual(comparable(long));
    }
    const spoken: Record<string, string>[] = [
      { 'accept-language': 'zh-Hant' },
      { cookie: `${cookieOf(alice)}; sallyport_locale=zh-Hans` },
    ];
    for (const headers of spoken) {
      const { plain, long } = await both('both', {}, headers);
      expect([plain.plainly, /lang="zh-Han[ts]"/.test(plain.body)]).toEqual([true, true]);
      expect(comparable(plain)).toEqual(comparable(long));
    }
  });

  it('node-saml believes it', async () => {
    const metadata = await (await fetch(`${scene.gateway.url}/saml/metadata`)).text();
    const [, idpCert = ''] = /X509Certificate>([^<]+)</.exec(metadata) ?? [];
    for (const sign of Object.keys(SIGN)) {
      const reader = new SAML({
        ...{ issuer: site.entityId(sign), callbackUrl: `${site.url}/${sign}/acs`, idpCert },
        ...{ audience: site.entityId(sign), wantAssertionsSigned: sign !== 'response' },
        wantAuthnResponseSigned: sign !== 'assertion',
      });
      const plain = await visit(sign);
      const { SAMLResponse = '' } = inputsOf(plain.body);
      const { profile } = await reader.validatePostResponseAsync({ SAMLResponse });
      expect([plain.plainly, profile?.['urn:oid:0.9.2342.19200300.100.1.1']]).toEqual([true, 'alice']);
    }
  });

  it('is written down in the same way', async () => {
    const { plain } = await both('both');
    expect(plain.plainly).toBe(true);
    await vi.waitFor(() => {
      const [one, other] = scene
        .audit()
        .filter(({ event }) => event === 'assertion.issued')
        .slice(-2)
        .map(({ detail, ...row }) => ({ ...row, ...JSON.parse(detail), reference: '', id: '' }));
      const facts = (it: Record<string, unknown>) => ({ ...it, sequence: 0, at: 0, hash: '' });
      expect(facts(one)).toEqual(facts(other));
      expect(one).toMatchObject({ application: 'both', ip: expect.any(String), attributes: expect.any(Array) });
    });
    const lines = scene.gateway.logs.filter(({ message }) => message === 'request').slice(-2);
    const [first, second] = lines.map(({ fields }) => ({ ...fields, ms: 0, reference: '' }));
    expect(first).toMatchObject({ path: '/saml/sso', status: 200 });
    expect(first).toEqual(second);
  });
});

describe('whatever isn’t plain goes the long way', () => {
  const cases: Record<string, Question> = {
    unsigned: { signed: false },
    'a sign-in is asked for': { force: true },
    'a subject': { subject: '<saml:Subject><saml:NameID>alice</saml:NameID></saml:Subject>' },
    'houses that are asked': { scoping: '<samlp:Scoping><samlp:IDPList/></samlp:Scoping>' },
    'a comment': { scoping: '<!-- -->' },
    'a class that nobody has': { classes: ['urn:x:y'] },
    'a stronger class': { classes: ['https://refeds.org/profile/mfa'] },
    'an affiliation’s name': { nameIdPolicy: '<samlp:NameIDPolicy SPNameQualifier="urn:x:y"/>' },
    'another address': { attributes: 'AssertionConsumerServiceURL="https://elsewhere.example/acs"' },
    'an index of nothing': { attributes: 'AssertionConsumerServiceIndex="9"' },
    'an old one': { instant: Date.now() - 3_600_000 },
    'one of tomorrow': { instant: Date.now() + 3_600_000 },
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    const { plain, long } = await both('both', cases[name]);
    expect(plain.plainly).toBe(false);
    expect(plain.status).toBe(long.status);
    expect(comparable(plain).xml).toEqual(comparable(long).xml);
  });

  it('service providers that want more, or are refused', async () => {
    for (const id of OTHERS) {
      const { plain, long } = await both(id);
      expect([plain.plainly, plain.status, isAnswer(plain)], id).toEqual([false, long.status, false]);
    }
  });

  it('a query that is written in another way', async () => {
    const own = address('both', { relayState: 'r' });
    const [before = '', query = ''] = own.split('?');
    const parts = query.split('&');
    const of = (name: string) => parts.find((it) => it.startsWith(`${name}=`)) ?? '';
    const changed: Record<string, string> = {
      'a request twice': `${query}&${of('SAMLRequest')}`,
      'a signature twice': `${query}&${of('Signature')}`,
      'a RelayState twice': `${query}&RelayState=other`,
      'another RelayState': query.replace('RelayState=r', 'RelayState=s'),
      'no RelayState': query.replace('RelayState=r&', ''),
      'the name in other letters': query.replace('RelayState', 'relaystate'),
      'the name encoded': query.replace('RelayState', 'Relay%53tate'),
      'a response beside it': `${query}&SAMLResponse=x`,
      'no signature': parts.filter((it) => !it.startsWith('Sig')).join('&'),
      'no algorithm': query.replace(`&${of('SigAlg')}`, ''),
      'another algorithm': query.replace('sha256', 'sha512'),
      'another encoding': `${query}&SAMLEncoding=urn:x`,
      'letters escaped in another case': query.replace(/%2F/g, '%2f'),
      'somebody else’s signature': query.replace(
        of('Signature'),
        new URL(address('both')).search.split('&').at(-1) ?? '',
      ),
    };
    for (const [name, it] of Object.entries(changed)) {
      const answer = await send(`${before}?${it}`, { cookie: cookieOf(alice) });
      expect([answer.plainly, isAnswer(answer)], name).toEqual([false, name === 'no signature']);
    }
    // In any order it is the same request.
    const [, fresh = ''] = address('both', { relayState: 'r' }).split('?');
    const answer = await send(`${before}?${fresh.split('&').reverse().join('&')}`, { cookie: cookieOf(alice) });
    expect([answer.plainly, isAnswer(answer), inputsOf(answer.body).RelayState]).toEqual([true, true, 'r']);
  });

  it('another host, another method, and sessions that aren’t', async () => {
    const elsewhere = await send(address('both'), { cookie: cookieOf(alice), host: 'elsewhere.example' });
    expect([elsewhere.plainly, isAnswer(elsewhere)]).toEqual([false, false]);
    const head = await send(address('both'), { cookie: cookieOf(alice) }, 'HEAD');
    expect(head.plainly).toBe(false);
    const own = cookieOf(alice);
    const session = /sallyport_session=([^;]+)/.exec(own)?.[1] ?? '';
    const another = `${'x'.repeat(43)}.${session.split('.')[1]}`;
    for (const cookie of ['', own.replace(session, another), `sallyport_session=${another}; ${own}`]) {
      const answer = await visit('both', {}, { cookie });
      expect([answer.plainly, isAnswer(answer)]).toEqual([false, false]);
    }
  });
});

describe('a request is answered once', () => {
  it('whichever way it comes first', async () => {
    const [one, other] = [address('both'), address('both')];
    const cookie = cookieOf(alice);
    expect((await send(one, { cookie })).plainly).toBe(true);
    expect((await send(`${other}${PAD}`, { cookie })).plainly).toBe(false);
    for (const again of [one, other, `${one}${PAD}`]) {
      const answer = await send(again, { cookie });
      expect([answer.plainly, answer.status, isAnswer(answer)]).toEqual([false, 400, false]);
    }
  });

  it('of a hundred at once', async () => {
    const once_ = address('both');
    const cookie = cookieOf(alice);
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(once_, { cookie })));
    expect(answers.filter(isAnswer)).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]));
  });

  it('and a hundred are answered once each', async () => {
    const cookie = cookieOf(alice);
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(address('both'), { cookie })));
    expect(answers.filter(isAnswer)).toHaveLength(100);
    const ids = answers.map(({ body }) => / ID="([^"]+)"/.exec(responseIn(body))?.[1]);
    expect(new Set(ids).size).toBe(100);
  });
});

describe('what has ended is found at the next request', () => {
  const asked = async (who: Someone) => {
    const answer = await send(address('both'), { cookie: cookieOf(who) });
    return [answer.plainly, isAnswer(answer)];
  };
  async function somebody(made: Promise<Someone> = scene.newcomer()): Promise<Someone> {
    const someone = await made;
    await someone.enter('library');
    await firstVisit(someone, 'both');
    expect(await asked(someone)).toEqual([true, true]);
    return someone;
  }

  it('a session', async () => {
    const someone = await somebody();
    const cookie = cookieOf(someone);
    const page = await someone.client.open(`${scene.gateway.url}/logout`);
    await someone.client.follow(await someone.client.submit(page));
    const answer = await send(address('both'), { cookie });
    expect([answer.plainly, isAnswer(answer)]).toEqual([false, false]);
  });

  it('everything of an account', async () => {
    const owner = await scene.member();
    const other = await somebody(Promise.resolve(scene.elsewhere(owner)));
    const confirm = await owner.client.open(`${scene.gateway.url}/account/sign-out-everywhere`);
    await owner.client.follow(await owner.client.submit(confirm, {}, { action: '/sign-out-everywhere' }));
    expect(await asked(other)).toEqual([false, false]);
  });

  it('an account', async () => {
    const someone = await somebody();
    const command = { name: 'user disable', input: { args: [someone.username], options: {} } };
    expect((await scene.gateway.app.host.run(command)).exitCode).toBe(0);
    expect(await asked(someone)).toEqual([false, false]);
  });
});

describe('what another reading of the configuration changes', () => {
  type Tree = Record<string, Record<string, Record<string, unknown>>>;
  async function reloaded(change: (config: Tree) => void): Promise<void> {
    const file = join(scene.data, '..', 'config.yaml');
    const config = JSON.parse(readFileSync(file, 'utf8')) as Tree;
    change(config);
    writeFileSync(file, JSON.stringify(config));
    const command = { name: 'config reload', input: { args: [], options: {} } };
    const { exitCode, lines } = await scene.gateway.app.host.run(command);
    expect(exitCode, lines.join('\n')).toBe(0);
  }

  it('a service provider that was removed, or needs more now', async () => {
    expect((await visit('response')).plainly).toBe(true);
    await reloaded(({ applications, policy }) => {
      delete applications?.response;
      const rules = policy?.rules as unknown as { name: string; applications: string[] }[];
      for (const rule of rules)
        rule.applications = rule.applications.filter((id) => id !== 'response' && id !== 'assertion');
      rules.find(({ name }) => name === 'mfa')?.applications.push('assertion');
    });
    const gone = await visit('response');
    expect([gone.plainly, gone.status, isAnswer(gone)]).toEqual([false, 400, false]);
    const more = await visit('assertion');
    expect([more.plainly, isAnswer(more)]).toEqual([false, false]);
    const still = await visit('both');
    expect([still.plainly, isAnswer(still)]).toEqual([true, true]);
  });

  it('a service provider’s key, as its metadata has another one', async () => {
    const other = await SamlSite.start();
    const file = site.metadata('both', { both: { acs: { 0: 'acs', 7: 'other' } } });
    const text = readFileSync(file, 'utf8').replace(site.identity.certificate, other.identity.certificate);
    writeFileSync(file, text);
    await reloaded(({ applications }) => {
      const of = applications?.both as unknown as { saml: { sign: string } };
      of.saml.sign = 'assertion';
    });
    const former = await visit('both');
    expect([former.plainly, isAnswer(former)]).toEqual([false, false]);
    const xml = site.question('both', scene.gateway.url);
    const newer = `${scene.gateway.url}/saml/sso?${redirect(xml, { signer: other.identity })}`;
    const answer = await send(newer, { cookie: cookieOf(alice) });
    expect([answer.plainly, isAnswer(answer)]).toEqual([true, true]);
    other.close();
  });
});
