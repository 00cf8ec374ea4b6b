import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redirect } from '../../src/saml/testing/messages.ts';
import { Passkey } from '../support/passkeys.ts';
import { type Question, SamlSite } from '../support/saml-site.ts';
import { asksCode, asksPassword, type Someone, stage } from '../support/scene.ts';
import { leaveAll } from '../support/service-provider.ts';

/** What toolkits send where nobody configured anything, and what products expect to be given. */
const CLASS = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
const PPT = `${CLASS}PasswordProtectedTransport`;
const MULTIPLE = 'http://schemas.microsoft.com/claims/multipleauthn';
const FORMAT = 'urn:oasis:names:tc:SAML:1.1:nameid-format:';
const MFA = 'https://refeds.org/profile/mfa';

const site = await SamlSite.start();
afterAll(() => site.close());
const provider = (id: string, saml: Record<string, unknown> = {}) => ({
  [id]: { name: id, saml: { metadata: { file: site.metadata(id) }, ...saml } },
});
const scene = stage(() => ({
  serviceProvider: true,
  config: {
    factors: { fido2: {} },
    doors: {
      saml: { scope: 'university.example', classes: { [`${CLASS}Kerberos`]: 'never', 'urn:own:strong': 'phr' } },
    },
    applications: {
      'reading-room': { saml: { nameId: 'unspecified' } },
      ...provider('wiki'),
      ...provider('lenient', { allow: ['deflated-post'] }),
      ...provider('grants', { nameId: 'unspecified' }),
      ...provider('travel', { nameId: 'unspecified', nameIdFrom: 'eduPersonPrincipalName' }),
      ...provider('clubs', { nameId: 'unspecified', nameIdFrom: 'isMemberOf' }),
      asking: { ...provider('asking', { nameId: 'unspecified' }).asking, consent: 'ask' },
    },
    policy: {
      rules: [
        {
          name: 'sfa',
          applications: ['library', 'reading-room', 'wiki', 'grants', 'travel', 'clubs', 'asking', 'lenient'],
          level: 'sfa',
        },
        { name: 'mfa', applications: ['courses'], level: 'mfa', remember: 'never' },
        { name: 'account', applications: ['sallyport-account', 'sallyport-security'], level: 'mfa', remember: '30d' },
      ],
    },
  },
}));

const ask = (someone: Someone, id: string, asked: Question) =>
  someone.client.open(site.address(id, scene.gateway.url, asked));
const answered = async (someone: Someone, asked: Question, id = 'wiki') => site.answer(await ask(someone, id, asked));
const NONE = ['Responder', 'NoAuthnContext'];

/** Somebody with a password and an authenticator, or with a passkey alone, signed in by just that. */
const people = {} as { password: Someone; code: Someone; passkey: Someone };

beforeAll(async () => {
  const newcomer = await scene.newcomer();
  const methods = await newcomer.enter('courses');
  await newcomer.remember(await newcomer.enrol(await newcomer.answer(methods, { factor: 'totp' })), 'no');
  people.code = newcomer;
  people.password = scene.elsewhere(newcomer);
  await people.password.enter('library');

  const owner = await scene.newcomer();
  const key = new Passkey(scene.gateway);
  await owner.remember(
    await key.enrol(owner, await owner.answer(await owner.enter('courses'), { factor: 'fido2' })),
    'no',
  );
  people.passkey = scene.elsewhere(owner);
  await key.use(people.passkey, await people.passkey.begin('library'));
});

describe('PasswordProtectedTransport', () => {
  it.each(['exact', 'minimum', 'maximum'] as const)(
    '%s: is met by any sign-in, and is what is sent',
    async (comparison) => {
      for (const someone of Object.values(people)) {
        const answer = await answered(someone, { classes: [PPT], comparison });
        expect([answer.status, answer.classRef]).toEqual([['Success'], PPT]);
      }
    },
  );

  it('better: asks for a second factor, and is met by one', async () => {
    const asked = { classes: [PPT], comparison: 'better' };
    expect(asksCode(await ask(people.password, 'wiki', asked))).toBe(true);
    expect(await answered(people.password, { ...asked, passive: true })).toMatchObject({
      status: ['Responder', 'NoPassive'],
    });
    expect(await answered(people.code, asked)).toMatchObject({ status: ['Success'], classRef: MFA });
    expect(await answered(people.passkey, asked)).toMatchObject({ status: ['Success'], classRef: 'phr' });
  });

  it('with ForceAuthn asks for the password, and for no more', async () => {
    const someone = scene.elsewhere(people.password);
    await someone.enter('library');
    const page = await ask(someone, 'wiki', { classes: [PPT], force: true });
    const answer = site.answer(await someone.password(page, someone.username));
    expect([answer.status, answer.classRef]).toEqual([['Success'], PPT]);
  });
});

describe('other classes that toolkits send', () => {
  it.each<[string, Question, keyof typeof people, string | undefined]>([
    ['Password', { classes: [`${CLASS}Password`] }, 'passkey', `${CLASS}Password`],
    ['unspecified', { classes: [`${CLASS}unspecified`] }, 'password', `${CLASS}unspecified`],
    ['a token', { classes: [`${CLASS}TimesyncToken`] }, 'code', `${CLASS}TimesyncToken`],
    ['two factors, by Microsoft’s name', { classes: [MULTIPLE] }, 'passkey', MULTIPLE],
    ['a certificate, from a passkey', { classes: [`${CLASS}X509`] }, 'passkey', `${CLASS}X509`],
    ['a certificate, from a password', { classes: [`${CLASS}X509`] }, 'password', undefined],
    ['what the operator adds', { classes: ['urn:own:strong'] }, 'passkey', 'urn:own:strong'],
    ['what the operator refuses', { classes: [`${CLASS}Kerberos`] }, 'passkey', undefined],
    ['what nobody knows', { classes: ['urn:example:none'] }, 'passkey', undefined],
    ['one of a list', { classes: [`${CLASS}Kerberos`, `${CLASS}X509`, PPT] }, 'password', PPT],
  ])('%s', async (_, asked, who, sent) => {
    const answer = await answered(people[who], { ...asked, passive: true });
    if (sent === undefined) expect(answer.status[0]).toBe('Responder');
    else expect([answer.status, answer.classRef]).toEqual([['Success'], sent]);
  });

  it('that nothing stands for are refused at once, and the log names the setting', async () => {
    expect((await answered(people.code, { classes: ['urn:example:none'] })).status).toEqual(NONE);
    const lines = scene.gateway.logs.filter(({ message }) => message.includes('doors.saml.classes'));
    expect(lines.at(-1)?.fields).toMatchObject({
      application: 'wiki',
      classes: ['urn:example:none'],
      comparison: 'exact',
    });
  });
});

describe('a message that is posted as it would be for a redirect', () => {
  const posted = (someone: Someone, id: string) =>
    someone.client.post(`${scene.gateway.url}/saml/sso`, redirect(site.question(id, scene.gateway.url)), {
      from: site.url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

  it('is refused, and the log names the setting by which this application alone could send it', async () => {
    expect((await posted(people.code, 'wiki')).status).toBe(400);
    const line = scene.gateway.logs.findLast(({ message }) => message === 'SAML message refused');
    expect(line?.fields).toMatchObject({
      fault: 'encoding',
      detail: expect.stringContaining('; applications.wiki.saml.allow: [deflated-post] would take it'),
    });
    expect((await posted(people.code, 'lenient')).status).toBe(303);
  });
});

describe('a name of no format', () => {
  const policy = (format: string) => ({ nameIdPolicy: `<samlp:NameIDPolicy Format="${format}"/>` });

  it.each<[string, Question]>([
    ['asked for', policy(`${FORMAT}unspecified`)],
    ['by SAML 2.0’s name, which there isn’t', policy('urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified')],
    ['where nothing is asked for', {}],
  ])('is the user name or another attribute, %s', async (_, asked) => {
    const { username } = people.password;
    const { nameId, xml } = await answered(people.password, asked, 'grants');
    expect(nameId).toBe(username);
    expect(xml).toContain(`<saml:NameID Format="${FORMAT}unspecified">${username}</saml:NameID>`);
    expect((await answered(people.password, asked, 'travel')).nameId).toBe(`${username}@university.example`);
  });

  it('is none where the attribute has several values or none, and another format where that is asked for', async () => {
    const several = await scene.newcomer({ groups: 'students,chess' });
    await several.enter('library');
    expect((await answered(several, {}, 'clubs')).status).toEqual(['Requester', 'InvalidNameIDPolicy']);
    expect((await answered(people.password, {}, 'clubs')).nameId).toBe('students');
    const persistent = policy('urn:oasis:names:tc:SAML:2.0:nameid-format:persistent');
    expect((await answered(people.password, persistent, 'grants')).nameId).not.toBe(people.password.username);
    expect((await answered(people.password, policy(`${FORMAT}emailAddress`), 'grants')).status.at(-1)).toBe(
      'InvalidNameIDPolicy',
    );
  });

  it('names the person of a request', async () => {
    const someone = scene.elsewhere(people.password);
    await someone.enter('library');
    const subject = (name: string) => ({
      subject: `<saml:Subject><saml:NameID Format="${FORMAT}unspecified">${name}</saml:NameID></saml:Subject>`,
    });
    expect((await answered(someone, subject(someone.username), 'grants')).status).toEqual(['Success']);
    expect((await answered(someone, subject('eve'), 'grants')).status.at(-1)).toBe('UnknownPrincipal');
  });

  it('ends the session of who signs out by it, at a service provider on node-saml', async () => {
    const someone = scene.elsewhere(people.password);
    await someone.enter('library');
    await someone.begin('reading-room');
    const { username } = someone;
    expect(await someone.claims('reading-room')).toMatchObject({
      nameId: { value: username, format: `${FORMAT}unspecified` },
    });
    const out = await someone.client.post(`${scene.gateway.serviceProvider}/reading-room/logout`);
    await leaveAll(someone.client, await someone.client.follow(out));
    expect(asksPassword(await someone.begin('reading-room'))).toBe(true);
  });

  it('is told to the person as what is released', async () => {
    const someone = scene.elsewhere(people.password);
    await someone.enter('library');
    const page = await ask(someone, 'asking', {});
    expect(page.body).toContain('value="allow"');
    expect(page.text).toContain('It would receive your user name');
  });
});
