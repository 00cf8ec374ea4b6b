import { readFileSync } from 'node:fs';
import { fetchUserInfo } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { PASSWORD } from '../support/gateway.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, type Parameters, Person, RelyingParty } from '../support/relying-party.ts';

/** What the directory knows of a person, from a file to an application (OpenID Connect Core sections 5.1 and 5.4). */
const everything = { scopes: ['openid', 'profile', 'email', 'phone', 'address'] };
const it_ = gatewayOfFile({
  applications: {
    campus: application('campus', everything),
    survey: application('survey', everything, { consent: 'ask' }),
    plain: application('plain', { scopes: ['openid'] }),
    usual: application('usual'),
  },
  policy: { rules: rules('campus', 'survey', 'plain', 'usual') },
});

const PEOPLE = [
  'sep=;',
  'UserName;Display Name;First name;SURNAME;e-mail;Email Verified;Mobile;phone_verified;Street;City;ZIP;State;Country;Language;Password',
  `ada;;Ada;Lovelace;ada@example.edu;TRUE;+44 (20) 7946-0958;no;"12 St James's Square\nFlat 2";London;SW1Y 4JH;;United Kingdom;EN-gb;${PASSWORD}`,
  `ming;;小明;王;;;＋８８６ 2 1234 5678;yes;;;;;;zh-hant-tw;${PASSWORD}`,
].join('\r\n');

const SCOPE = 'openid profile email phone address';
let campus: RelyingParty;

const party = (id: string) => RelyingParty.of(it_.gateway, id, { redirectUri: `http://127.0.0.1:9/${id}/callback` });
const load = (csv: string, update = false) => it_.gateway.command('user import', [], update ? { update } : {}, csv);

beforeAll(async () => {
  expect(await load(PEOPLE)).toEqual(['2 added, 0 updated.']);
  campus = await party('campus');
});

async function told(rp: RelyingParty, person: Person, parameters: Parameters = { scope: SCOPE }) {
  const tokens = await person.signIn(rp, parameters);
  const again = () => fetchUserInfo(rp.config, tokens.access_token, tokens.claims()?.sub ?? '');
  return { tokens, claims: await again(), again };
}

describe('what a file says of people', () => {
  it('oidcc-scope-phone, oidcc-scope-address: reaches applications by its scopes', async () => {
    const before = Math.floor(it_.gateway.now() / 1000);
    const { claims } = await told(campus, new Person(it_.gateway, 'ada'));
    expect(claims).toEqual({
      sub: expect.any(String),
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      preferred_username: 'ada',
      locale: 'en-GB',
      updated_at: expect.any(Number),
      email: 'ada@example.edu',
      email_verified: true,
      phone_number: '+442079460958',
      phone_number_verified: false,
      address: {
        street_address: "12 St James's Square\nFlat 2",
        locality: 'London',
        postal_code: 'SW1Y 4JH',
        country: 'United Kingdom',
      },
    });
    expect(Math.abs((claims.updated_at ?? 0) - before)).toBeLessThan(300);
    const profile = await told(campus, new Person(it_.gateway, 'ada'), { scope: 'openid profile' });
    expect(Object.keys(profile.claims).filter((name) => /phone|address|email/.test(name))).toEqual([]);
  });

  it('leaves out what isn’t known', async () => {
    const ming = await told(campus, new Person(it_.gateway, 'ming'));
    expect(ming.claims).toEqual({
      sub: expect.any(String),
      name: '王小明',
      given_name: '小明',
      family_name: '王',
      preferred_username: 'ming',
      locale: 'zh-Hant-TW',
      updated_at: expect.any(Number),
      phone_number: '+886212345678',
      phone_number_verified: true,
    });
    const alice = await told(campus, new Person(it_.gateway, 'alice'));
    expect(Object.keys(alice.claims).sort()).toEqual(['name', 'preferred_username', 'sub', 'updated_at']);
  });

  it('is brought up to date, and another address or number isn’t verified because the last one was', async () => {
    await load(
      `username,email,email verified,phone,phone verified,given name\ncarl,c@example.edu,yes,+886912345678,yes,Carl`,
    );
    await it_.gateway.command('user passwd', ['carl'], {}, PASSWORD);
    const { claims, again } = await told(campus, new Person(it_.gateway, 'carl'));
    expect(claims).toMatchObject({ email_verified: true, phone_number_verified: true, given_name: 'Carl' });

    await load('username,given name\ncarl,Carl', true);
    expect((await again()).updated_at).toBe(claims.updated_at);
    advance(5000);
    await load('username,email,phone,locality\ncarl,evil@example.com,+886987654321,Taipei', true);
    const changed = await again();
    expect(changed).toMatchObject({ email: 'evil@example.com', phone_number: '+886987654321', given_name: 'Carl' });
    expect(changed).not.toHaveProperty('email_verified');
    expect(changed).not.toHaveProperty('phone_number_verified');
    expect(changed.address).toEqual({ locality: 'Taipei' });
    expect(changed.updated_at).toBeGreaterThan(claims.updated_at ?? 0);

    await load('username,given name,phone,city\ncarl,,,', true);
    const cleared = Object.keys(await again());
    for (const name of ['given_name', 'phone_number', 'address']) expect(cleared).not.toContain(name);
  });

  it('is refused with its line where it can’t be meant', async () => {
    const file = [
      'username,email,email verified,phone,phone verified,locale',
      'eve,,yes,,,',
      'fay,fay@example.edu,perhaps,,,',
      'gus,,,02 1234 5678,,',
      'hal,,,,yes,',
      'ida,,,,,not a language',
    ].join('\n');
    const refused = await load(file).then(String, (error: Error) => error.message);
    for (const [line, about] of [
      [2, 'emailVerified'],
      [3, 'yes or no'],
      [4, 'with its country'],
      [5, 'phoneVerified'],
      [6, 'BCP 47'],
    ]) {
      expect(refused).toMatch(new RegExp(`line ${line}: .*${about}`));
    }
  });

  it('is entered by options too', async () => {
    const options = {
      email: 'joe@example.edu',
      emailVerified: true,
      givenName: 'Joe',
      familyName: 'Doe',
      phone: '+12025550123',
    };
    await it_.gateway.command(
      'user add',
      ['joe'],
      { ...options, address: '1 Main St\nSpringfield', country: 'US' },
      PASSWORD,
    );
    const { claims } = await told(campus, new Person(it_.gateway, 'joe'));
    expect(claims).toMatchObject({
      name: 'Joe Doe',
      given_name: 'Joe',
      email_verified: true,
      phone_number: '+12025550123',
    });
    expect(claims.address).toEqual({ formatted: '1 Main St\nSpringfield', country: 'US' });
    expect(claims).not.toHaveProperty('phone_number_verified');
    const none = it_.gateway.command('user add', ['kim'], { emailVerified: true }, PASSWORD);
    await expect(none).rejects.toThrow('emailVerified');
  });
});

describe('an application', () => {
  it('is told no more than its scopes allow, whatever single claims it asks for', async () => {
    const claims = JSON.stringify({
      userinfo: { phone_number: { essential: true }, address: null, email: null, given_name: null },
      id_token: { phone_number: null, email: null, address: null },
    });
    const { tokens, claims: info } = await told(await party('plain'), new Person(it_.gateway, 'ada'), { claims });
    expect(Object.keys(info)).toEqual(['sub']);
    for (const name of ['phone_number', 'address', 'email']) expect(tokens.claims()).not.toHaveProperty(name);
    const usual = await told(await party('usual'), new Person(it_.gateway, 'ada'), { scope: 'openid', claims });
    expect(Object.keys(usual.claims).sort()).toEqual(['email', 'given_name', 'sub']);
    const own = await told(campus, new Person(it_.gateway, 'ada'), { scope: 'openid', claims });
    expect(own.tokens.claims()).toMatchObject({ phone_number: '+442079460958', address: { locality: 'London' } });
  });

  it('may not ask for phone and address unless it is configured to', async () => {
    const usual = await party('usual');
    for (const scope of ['phone', 'address']) {
      const flow = await usual.begin({ scope: `openid ${scope}` });
      const person = new Person(it_.gateway, 'ada');
      expect(answerOf(await person.client.open(flow.url))).toMatchObject({ error: 'invalid_scope' });
    }
  });

  it('that adds a scope has its people asked again, in their language', async () => {
    const survey = await party('survey');
    const ada = new Person(it_.gateway, 'ada');
    const decide = async (scope: string, locale: string, texts: readonly string[]) => {
      const flow = await survey.begin({ scope, ui_locales: locale });
      const begun = await ada.client.open(flow.url);
      const page = begun.body.includes('name="password"') ? await ada.type(begun) : begun;
      for (const text of texts) expect(page.text).toContain(text);
      const sent = await ada.client.submit(page, { consent: 'allow' }, { action: page.url.pathname, button: 'allow' });
      return survey.exchange(flow, (await ada.client.follow(sent)).location);
    };
    await decide('openid profile', 'en', ['See your name']);
    expect((await survey.visit(ada, { scope: 'openid profile' })).scope).toBe('openid profile');
    await decide('openid profile phone', 'zh-Hant', ['查看您的電話號碼']);
    const tokens = await decide(SCOPE, 'zh-Hans', ['查看您的通信地址']);
    const info = await fetchUserInfo(survey.config, tokens.access_token, tokens.claims()?.sub ?? '');
    expect(info).toMatchObject({ phone_number: '+442079460958', address: { country: 'United Kingdom' } });
    expect((await survey.visit(ada, { scope: SCOPE })).scope?.split(' ')).toHaveLength(5);
  });

  it('finds them in discovery', async () => {
    const published = (await new Client().get(`${it_.gateway.url}/.well-known/openid-configuration`)).json();
    const claims = ['given_name', 'family_name', 'updated_at', 'email_verified', 'phone_number_verified', 'address'];
    expect(published).toMatchObject({
      scopes_supported: expect.arrayContaining(['phone', 'address']),
      claims_supported: expect.arrayContaining(claims),
    });
  });
});

it('the file that the documentation shows is read as it says', async () => {
  const page = readFileSync(new URL('../../docs/how-to/import-people.md', import.meta.url), 'utf8');
  const [, file = ''] = /```csv\n([\s\S]*?)```/.exec(page) ?? [];
  expect(await load(file, true)).toEqual(['1 added, 1 updated.']);
  // Tokens tell seconds: one of the second in which the password changed could be from before.
  advance(1000);
  const { claims } = await told(campus, new Person(it_.gateway, 'ada'));
  expect(claims).toMatchObject({ name: 'Ada Lovelace', email: 'ada@university.example', email_verified: true });
  expect(claims).not.toHaveProperty('phone_number_verified');
  await it_.gateway.command('user passwd', ['xiaoming'], {}, PASSWORD);
  const xiaoming = await told(campus, new Person(it_.gateway, 'xiaoming'));
  expect(xiaoming.claims).toMatchObject({ name: '王小明', phone_number_verified: true, locale: 'zh-Hant' });
  expect(xiaoming.claims).not.toHaveProperty('address');
});
