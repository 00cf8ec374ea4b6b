import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { form } from '../support/forms.ts';
import { asksPassword, type Someone, stage } from '../support/scene.ts';
import { leaveAll } from '../support/service-provider.ts';
import { signedMetadata } from './pysaml2/process.ts';
import { PyServiceProvider, type PySignedIn, type Sent } from './pysaml2/service-provider.ts';

/** A service provider on pysaml2 and xmlsec1, which share no code with node-saml or with ours. */
const SFA = 'https://refeds.org/profile/sfa';
const HOME = 'http://127.0.0.1:9/py';
const ABOUT = { entityId: `${HOME}/metadata`, acs: `${HOME}/acs`, slo: `${HOME}/slo` };
const folder = mkdtempSync(join(tmpdir(), 'sallyport-pysaml2-'));
const metadata = join(folder, 'sp.xml');

const scene = stage(() => ({
  config: {
    doors: { saml: { algorithm: 'RSA-SHA256' } },
    applications: {
      py: {
        name: 'py',
        saml: {
          metadata: { file: metadata },
          algorithm: 'RSA-SHA256',
          attributes: ['displayName', 'eduPersonAffiliation'],
        },
      },
    },
    policy: { rules: [{ name: 'sfa', applications: ['library', 'py'], level: 'sfa' }] },
  },
}));

// Before the gateway, which reads the metadata at its start.
const sp = await PyServiceProvider.start({ folder, ...ABOUT });
writeFileSync(metadata, (await sp.order<{ xml: string }>('metadata')).xml);
afterAll(() => {
  sp.close();
  rmSync(folder, { recursive: true });
});

/** Lets pysaml2 read our metadata as it is now, and verify its signature with the certificate in it. */
async function exchange(): Promise<{ entityId: string; certificates: number }> {
  const { body } = await fetch(`${scene.gateway.url}/saml/metadata`).then(async (reply) => ({
    body: await reply.text(),
  }));
  return sp.order('trust', signedMetadata(folder, 'idp', body));
}

beforeAll(async () => {
  await exchange();
});

const away = (next: URL) => next.href.startsWith(HOME);

/** Sends what pysaml2 made: an address, or a form's page from another site. */
async function send(someone: Someone, sent: Sent): Promise<Reply> {
  const { client } = someone;
  if (sent.page === undefined) return client.follow(await client.get(sent.url), away);
  const { action, fields } = form(sent.page);
  return client.follow(await client.post(action, fields, { from: new URL(HOME).origin }), away);
}

/** Goes with a request to the response, by the password where it is asked for. */
async function respond(someone: Someone, sent: Sent): Promise<string> {
  let page = await send(someone, sent);
  if (asksPassword(page)) {
    const { action, fields } = form(page.body, '/sign-in/');
    const answer = { ...fields, username: someone.username, password: 'correct horse battery staple' };
    page = await someone.client.follow(await someone.client.post(new URL(action, page.url), answer), away);
  }
  const { action, fields } = form(page.body);
  expect([action, fields.RelayState]).toEqual([ABOUT.acs, 'relay & state']);
  return fields.SAMLResponse ?? '';
}

async function signIn(someone: Someone, wishes: Record<string, unknown> = {}): Promise<PySignedIn> {
  const message = await respond(someone, await sp.order<Sent>('authn', wishes));
  return sp.order<PySignedIn>('response', { message });
}

describe('metadata', () => {
  it('is verified by xmlsec1, and read', async () => {
    expect(await exchange()).toMatchObject({ entityId: `${scene.gateway.url}/saml/metadata` });
  });
});

describe('signing in', () => {
  it.each(['redirect', 'post'])('by a signed request by %s, with an encrypted assertion', async (binding) => {
    const someone = await scene.newcomer({ groups: 'staff' });
    const signedIn = await signIn(someone, { binding });
    expect(signedIn).toMatchObject({
      nameId: { format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', spNameQualifier: ABOUT.entityId },
      authnContextClassRef: SFA,
      encrypted: true,
    });
    expect(signedIn.known.displayName).toEqual([`Person ${someone.username.slice(6)}`]);
    expect((await signIn(someone, { binding })).nameId).toEqual(signedIn.nameId);
  });

  it('is told in a status why not', async () => {
    const someone = await scene.newcomer();
    const passive = await respond(someone, await sp.order<Sent>('authn', { passive: true }));
    await expect(sp.order('response', { message: passive })).rejects.toThrow('NoPassive');
    const classes = ['urn:example:oracle'];
    const oracle = await respond(someone, await sp.order<Sent>('authn', { classes }));
    await expect(sp.order('response', { message: oracle })).rejects.toThrow('NoAuthnContext');
  });

  it('asks afresh, and for a class', async () => {
    const someone = await scene.newcomer();
    const first = await signIn(someone, { classes: [SFA] });
    scene.clock.advance(5000);
    const page = await send(someone, await sp.order<Sent>('authn', { force: true }));
    expect(asksPassword(page)).toBe(true);
    expect(first.authnContextClassRef).toBe(SFA);
  });

  it('takes a response once', async () => {
    const message = await respond(await scene.newcomer(), await sp.order<Sent>('authn'));
    await sp.order('response', { message });
    await expect(sp.order('response', { message })).rejects.toThrow();
  });
});

describe('single logout', () => {
  it.each(['redirect', 'post'])('begun there, by %s', async (binding) => {
    const someone = await scene.newcomer();
    const { nameId, sessionIndex } = await signIn(someone);
    await someone.begin('library');
    const request = await sp.order<Sent>('logout', { nameId, sessionIndex, binding });
    const done = await send(someone, request);
    const finished = await finish(done, binding);
    expect(finished).toMatchObject({ inResponseTo: request.id, issuer: `${scene.gateway.url}/saml/metadata` });
    expect(finished.status).toEqual(['urn:oasis:names:tc:SAML:2.0:status:Success']);
    expect(await someone.claims('library')).toBeUndefined();
  });

  async function finish(page: Reply, binding: string) {
    const parameters = page.location ? Object.fromEntries(page.location.searchParams) : form(page.body).fields;
    const message = parameters.SAMLResponse;
    return sp.order<{ inResponseTo: string; issuer: string; status: string[] }>('logout_response', {
      message,
      binding,
      parameters,
    });
  }

  it('begun elsewhere', async () => {
    const someone = await scene.newcomer();
    const { nameId, sessionIndex } = await signIn(someone);
    await someone.begin('library');
    const { client } = someone;
    const asked = await client.follow(await client.post(`${scene.gateway.relyingParty}/library/logout`));
    const leaving = await leaveAll(
      client,
      await client.follow(await client.submit(asked, {}, { action: '/logout/confirm' }), away),
      away,
    );
    const parameters = Object.fromEntries(leaving.location?.searchParams ?? []);
    const told = await sp.order<Sent & { nameId: object; sessionIndexes: string[] }>('logout_request', {
      message: parameters.SAMLRequest,
      parameters,
    });
    expect(told.sessionIndexes).toEqual([sessionIndex]);
    expect(told.nameId).toEqual(nameId);
    const done = await leaveAll(client, await client.open(told.url));
    expect(done.url.origin).toBe(scene.gateway.relyingParty);
  });
});

describe('a key rollover', () => {
  it('is followed with both keys in the metadata', async () => {
    const someone = await scene.newcomer();
    const { certificates } = await exchange();
    await scene.gateway.command('keys rotate', ['saml'], { ahead: '2d' });
    expect((await exchange()).certificates).toBe(certificates * 2);
    await signIn(someone);
    // The clock of pysaml2 is the system's: the next key takes over as it does where the old one was stolen.
    const [, ...rows] = await scene.gateway.command('keys list');
    const signing = rows
      .map((row) => row.split('\t'))
      .filter(([purpose, , , state]) => purpose === 'saml' && state?.startsWith('signing'));
    for (const [, id = ''] of signing) await scene.gateway.command('keys retire', [id]);
    await signIn(someone);
    expect((await exchange()).certificates).toBe(certificates);
  });
});
