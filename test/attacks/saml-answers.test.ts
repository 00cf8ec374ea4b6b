import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { type Question, SamlSite } from '../support/saml-site.ts';
import { asksCode, asksPassword, type Someone, stage } from '../support/scene.ts';

/** Where answers go and what they say: to addresses of the metadata alone, with the status that is due. */

const SFA = 'https://refeds.org/profile/sfa';
const MFA = 'https://refeds.org/profile/mfa';
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

const site = await SamlSite.start();
const ENTITIES = {
  wiki: { acs: { 4: 'acs', 7: 'acs/second' } },
  vault: {},
  ledger: {},
  closed: {},
  promised: {},
};
const scene = stage(() => ({
  config: {
    doors: { saml: {} },
    applications: Object.fromEntries(
      Object.entries(ENTITIES).map(([id, entity]) => [
        id,
        {
          name: id,
          saml: {
            metadata: { file: site.metadata(id, { [id]: entity }) },
            ...(id === 'wiki' || id === 'vault' ? { idpInitiated: true } : {}),
            ...(id === 'promised' ? { requireSignedRequests: true } : {}),
          },
        },
      ]),
    ),
    policy: {
      rules: [
        { name: 'sfa', applications: ['library', 'wiki', 'promised'], level: 'sfa' },
        { name: 'mfa', applications: ['courses', 'vault'], level: 'mfa', remember: '30d' },
        { name: 'always', applications: ['payroll', 'ledger'], level: 'mfa', remember: 'never' },
        { name: 'closed', applications: ['closed'], deny: true },
      ],
    },
  },
}));
afterAll(() => site.close());

/** Signed in with a password, an authenticator at hand. */
let alice: Someone;
beforeAll(async () => {
  alice = scene.elsewhere(await scene.member());
  await alice.enter('library');
});

const ask = (id: string, asked: Question = {}, someone = alice) =>
  someone.client.open(site.address(id, scene.gateway.url, asked));

/** The page that refuses a request; nothing reaches any service provider. */
async function refused(id: string, asked: Question): Promise<void> {
  const page = await ask(id, asked);
  expect(page.status).toBe(400);
  expect(page.body).not.toContain('SAMLResponse');
  expect(page.text).toContain('RequestDenied');
}

describe('the address of the answer', () => {
  const acs = (path: string) => `AssertionConsumerServiceURL="${path}"`;

  it.each<[string, string, string]>([
    ['the default', '', 'wiki/acs'],
    ['one by its address', acs('{site}/wiki/acs/second'), 'wiki/acs/second'],
    ['one by its index', 'AssertionConsumerServiceIndex="7"', 'wiki/acs/second'],
  ])('is %s of the metadata', async (_which, attributes, path) => {
    const answer = site.answer(await ask('wiki', { attributes: attributes.replace('{site}', site.url) }));
    expect(answer).toMatchObject({ acs: `${site.url}/${path}`, status: ['Success'] });
    expect(answer.xml).toContain(`Destination="${site.url}/${path}"`);
    expect(answer.xml).toContain(`Recipient="${site.url}/${path}"`);
  });

  it.each([
    'https://evil.example/acs',
    '{site}/wiki/acs/',
    '{site}/wiki/acs/../../vault/acs',
    '{site}/wiki/acs?x=1',
    '{site}/wiki/acs#',
    '{site}/wiki/ac',
    '{site}/wiki/acs/secon',
    '{SITE}/wiki/acs',
    '{site}.evil.example/wiki/acs',
    '{site}@evil.example/wiki/acs',
    ' {site}/wiki/acs',
    '{site}/wiki/%61cs',
    '{site}/vault/acs',
    '//evil.example/acs',
    'javascript:alert(1)',
    '',
  ])('is never what a request alone names: %s', async (url) => {
    const address = url.replace('{site}', site.url).replace('{SITE}', site.url.toUpperCase());
    await refused('wiki', { attributes: acs(address) });
    await refused('wiki', { attributes: acs(address), signed: true });
  });

  it.each([
    'AssertionConsumerServiceIndex="0"',
    'AssertionConsumerServiceIndex="65535"',
    'AssertionConsumerServiceIndex="-1"',
    'AssertionConsumerServiceIndex="7x"',
    'AssertionConsumerServiceIndex="4" AssertionConsumerServiceURL="{site}/wiki/acs"',
    'AssertionConsumerServiceIndex="4" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"',
    'ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"',
    'ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"',
  ])('is not found by %s', async (attributes) => {
    await refused('wiki', { attributes: attributes.replace('{site}', site.url) });
  });

  it('is looked up before anybody is asked to sign in', async () => {
    const someone = await scene.newcomer();
    const page = await ask('wiki', { attributes: acs('https://evil.example/') }, someone);
    expect(page.status).toBe(400);
    expect(someone.client.jar.all()).toEqual([]);
  });
});

describe('RelayState', () => {
  it.each([
    '"><script>alert(1)</script>',
    '\'"`<>&amp;&#x22;&lt;',
    '{relayState} $& $1 <%= it %>',
    'https://sp.example/?a=1&b=ü#€𝒳',
    'javascript:alert(document.domain)',
    '</form><form action=//evil.example>',
    '%22%0d%0aSet-Cookie:a=b',
    ' leading and trailing ',
    'x'.repeat(2048),
  ])('arrives as it came: %s', async (relayState) => {
    expect(site.answer(await ask('wiki', { relayState })).relayState).toBe(relayState);
    const { client } = await newcomerAt('wiki', { relayState });
    expect(client).toBe(relayState);
    const posted = await alice.client.follow(await site.post(alice.client, 'wiki', scene.gateway.url, { relayState }));
    expect(site.answer(posted).relayState).toBe(relayState);
  });

  /** The same by way of a sign-in. */
  async function newcomerAt(id: string, asked: Question) {
    const someone = await scene.newcomer();
    const page = await someone.password(await ask(id, asked, someone), someone.username);
    return { client: site.answer(page).relayState };
  }

  it.each(['a\nb', 'a\rb', 'a\0b', 'a\tb', 'a\u0085b', 'x'.repeat(2049)])('is refused: %j', async (relayState) => {
    await refused('wiki', { relayState });
    const page = await site.post(alice.client, 'wiki', scene.gateway.url, { relayState });
    expect(page.status).toBe(400);
    const query = new URLSearchParams({ providerId: site.entityId('wiki'), target: relayState });
    expect((await alice.client.open(`${scene.gateway.url}/saml/start?${query}`)).status).toBe(400);
  });

  it('is left out where there was none', async () => {
    expect(site.answer(await ask('wiki')).relayState).toBeUndefined();
    expect(site.answer(await ask('wiki', { relayState: '' })).relayState).toBeUndefined();
  });

  it('stands escaped on the page that sends it', async () => {
    const { body, headers } = await alice.client.get(
      site.address('wiki', scene.gateway.url, { relayState: '"><script>alert(1)</script>' }),
    );
    expect(body).toContain('SAMLResponse');
    expect(body).not.toContain('<script>alert');
    expect(headers['content-security-policy']).toMatch(/script-src 'self';.* form-action 'self' http:$/);
    expect(headers['content-security-policy']).not.toContain('unsafe-inline');
    expect(headers['cache-control']).toBe('no-store');
  });
});

describe('the sender', () => {
  it('is a service provider that is configured', async () => {
    await refused('nobody', {});
    await refused('wiki:nobody', {});
  });

  it('must sign where it was configured so', async () => {
    await refused('promised', {});
    expect(site.answer(await ask('promised', { signed: true })).status).toEqual(['Success']);
  });

  it('sends each message once, by whichever binding', async () => {
    const address = site.address('wiki', scene.gateway.url);
    expect(site.answer(await alice.client.open(address)).status).toEqual(['Success']);
    const again = await alice.client.open(address);
    expect(again.status).toBe(400);
    expect(again.body).not.toContain('SAMLResponse');
    const id = `_${'a'.repeat(32)}`;
    expect(site.answer(await ask('wiki', { id })).status).toEqual(['Success']);
    expect((await site.post(alice.client, 'wiki', scene.gateway.url, { id })).status).toBe(400);
    // Another service provider may have the same ID.
    expect(site.answer(await ask('promised', { id, signed: true })).status).toEqual(['Success']);
  });

  it('may be off by the skew, and no more', async () => {
    for (const offset of [85 * SECONDS, -85 * SECONDS]) {
      expect(site.answer(await ask('wiki', { instant: Date.now() + offset })).status).toEqual(['Success']);
    }
    for (const offset of [95 * SECONDS, -7 * MINUTES]) await refused('wiki', { instant: Date.now() + offset });
  });
});

describe('a sign-in that begins here', () => {
  const start = (id: string, more: Record<string, string> = {}, someone = alice) =>
    someone.client.open(
      `${scene.gateway.url}/saml/start?${new URLSearchParams({ providerId: site.entityId(id), ...more })}`,
      { from: 'https://portal.example' },
    );

  it('is for those that are configured so, and answers no request', async () => {
    const answer = site.answer(await start('wiki', { target: 'https://sp.example/?"<' }));
    expect(answer).toMatchObject({ status: ['Success'], acs: `${site.url}/wiki/acs` });
    expect(answer.relayState).toBe('https://sp.example/?"<');
    expect(answer.xml).not.toContain('InResponseTo');
    for (const id of ['promised', 'closed', 'nobody']) {
      const page = await start(id);
      expect(page.status).toBe(404);
      expect(page.body).not.toContain('SAMLResponse');
    }
  });

  it('asks for what policy wants', async () => {
    const page = await start('vault');
    expect(asksCode(page)).toBe(true);
    const someone = await scene.newcomer();
    expect(asksPassword(await start('wiki', {}, someone))).toBe(true);
  });

  it('lets the one who links to it choose no address of its own, nor another person', async () => {
    const more = { shire: 'https://evil.example/', acs: 'https://evil.example/', AssertionConsumerServiceURL: 'x' };
    expect(site.answer(await start('wiki', more)).acs).toBe(`${site.url}/wiki/acs`);
    const twice = `${scene.gateway.url}/saml/start?providerId=a&providerId=b`;
    expect((await alice.client.open(twice)).status).toBe(404);
  });
});

describe('the status', () => {
  const policy = (attributes: string) => `<samlp:NameIDPolicy ${attributes}/>`;
  const subject = (value: string, format = PERSISTENT) =>
    `<saml:Subject><saml:NameID Format="${format}">${value}</saml:NameID></saml:Subject>`;

  it.each<[string, string, Question, string[]]>([
    ['too weak a session, without a word to the person', 'vault', { passive: true }, ['Responder', 'NoPassive']],
    ['a proof for each request, without a word', 'ledger', { passive: true }, ['Responder', 'NoPassive']],
    ['asking afresh, without a word', 'wiki', { passive: true, force: true }, ['Responder', 'NoPassive']],
    ['a stronger class, without a word', 'wiki', { passive: true, classes: [MFA] }, ['Responder', 'NoPassive']],
    ['a class that nobody knows', 'wiki', { classes: ['urn:example:x'] }, ['Responder', 'NoAuthnContext']],
    ['the same, passively', 'wiki', { classes: ['urn:example:x'], passive: true }, ['Responder', 'NoAuthnContext']],
    ['a class out of reach', 'wiki', { classes: ['phrh'] }, ['Responder', 'NoAuthnContext']],
    ['better than the best', 'wiki', { classes: ['phrh'], comparison: 'better' }, ['Responder', 'NoAuthnContext']],
    [
      'a format that there is not',
      'wiki',
      { nameIdPolicy: policy('Format="urn:example:x"') },
      ['Requester', 'InvalidNameIDPolicy'],
    ],
    [
      "another's namespace",
      'wiki',
      { nameIdPolicy: policy('SPNameQualifier="https://other.example"') },
      ['Requester', 'InvalidNameIDPolicy'],
    ],
    ['another person', 'wiki', { subject: subject('somebody') }, ['Requester', 'UnknownPrincipal']],
    ['what policy denies', 'closed', {}, ['Responder', 'RequestDenied']],
    ['what policy denies, passively', 'closed', { passive: true }, ['Responder', 'RequestDenied']],
  ])('of %s', async (_what, id, asked, status) => {
    const relayState = 'r';
    let page = await ask(id, { ...asked, relayState });
    // A person is told first, and sent back from there.
    expect(page.status).toBe(site.isHere(page) ? 200 : 403);
    if (asked.passive) expect(site.isHere(page)).toBe(true);
    if (!site.isHere(page)) {
      page = await alice.client.follow(await alice.client.submit(page, {}, { action: '/cancel' }));
    }
    const answer = site.answer(page);
    expect(answer).toMatchObject({ status, relayState });
    expect(answer.inResponseTo).toMatch(/^_/);
    expect(answer.xml).not.toMatch(/<saml:Assertion|<saml:NameID|person\d/);
    // Nobody else may say no in our name.
    expect(answer.xml).toContain('SignatureValue>');
  });

  it('without anybody signed in: nobody is asked where nobody may be', async () => {
    const someone = await scene.newcomer();
    for (const id of ['wiki', 'vault']) {
      const answer = site.answer(await ask(id, { passive: true }, someone));
      expect(answer.status).toEqual(['Responder', 'NoPassive']);
    }
    expect(someone.client.jar.all()).toEqual([]);
  });

  it('of the person meant is theirs', async () => {
    const { nameId = '' } = site.answer(await ask('wiki', { nameIdPolicy: policy(`Format="${PERSISTENT}"`) }));
    expect(site.answer(await ask('wiki', { subject: subject(nameId) })).status).toEqual(['Success']);
    const other = await scene.newcomer();
    await other.enter('library');
    expect(site.answer(await ask('wiki', { subject: subject(nameId) }, other)).status[1]).toBe('UnknownPrincipal');
    // A name is worth nothing elsewhere.
    const elsewhere = await ask('promised', { subject: subject(nameId), signed: true });
    expect(site.answer(elsewhere).status[1]).toBe('UnknownPrincipal');
  });

  it('of a person who declines is a refusal, and the next request asks again', async () => {
    const someone = await scene.newcomer();
    const page = await ask('wiki', {}, someone);
    const declined = await someone.client.follow(await someone.client.submit(page, {}, { action: '/cancel' }));
    expect(site.answer(declined).status).toEqual(['Responder', 'RequestDenied']);
    expect(asksPassword(await ask('wiki', {}, someone))).toBe(true);
  });

  it('claims no more than this application’s policy and this session give', async () => {
    const strong = await scene.member();
    expect(site.answer(await ask('wiki', {}, strong)).classRef).toBe(MFA);
    expect(site.answer(await ask('wiki', { classes: [SFA] }, strong)).classRef).toBe(SFA);
    expect(site.answer(await ask('wiki')).classRef).toBe(SFA);
  });

  it('leaves nothing to sign out of where nothing was issued', async () => {
    const someone = await scene.newcomer();
    const { client } = someone;
    await someone.enter('library');
    const refusal = await ask('wiki', { nameIdPolicy: policy('Format="urn:example:x"') }, someone);
    expect(site.answer(refusal).status[1]).toBe('InvalidNameIDPolicy');
    const asked = await client.follow(await client.post(`${scene.gateway.relyingParty}/library/logout`));
    const done = await client.follow(await client.submit(asked, {}, { action: '/logout/confirm' }));
    expect(done.url.origin).toBe(scene.gateway.relyingParty);
    expect(done.text).toContain('signed out');
  });
});
