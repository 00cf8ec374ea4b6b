import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sign } from '../../src/saml/testing/messages.ts';
import { Client, type Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { accountOf } from '../support/holders.ts';
import type { Saying } from '../support/identity-provider.ts';
import { visitAccount } from '../support/issued.ts';
import { LINK, lastWord } from '../support/linking.ts';
import { outbox } from '../support/outbox.ts';
import { freePort } from '../support/ports.ts';
import {
  type Asked,
  askedBy,
  formOf,
  leave,
  responseOf,
  type SamlUpstream,
  startSamlUpstream,
} from '../support/saml-upstream.ts';
import { asksPassword, type Someone, stage } from '../support/scene.ts';

/** Links to accounts at a SAML provider: made, opened, ended, and what somebody else would like them to be. */

let partner: SamlUpstream;
const ports = { gateway: 0, relyingParty: 0 };
const folder = mkdtempSync(join(tmpdir(), 'sallyport-links-'));

beforeAll(async () => {
  Object.assign(ports, { gateway: await freePort(), relyingParty: await freePort() });
  partner = await startSamlUpstream(`http://localhost:${ports.gateway}`, folder);
});
afterAll(() => {
  partner?.close();
  rmSync(folder, { recursive: true, force: true });
});

const scene = stage(() => ({
  ports,
  config: { demo: {}, senders: { outbox: {} }, directories: { partner: { ...partner.directory, askAgain: '8h' } } },
}));

let people = 0;
/** Whoever signs in there next: somebody new. */
let name = '';
beforeEach(() => {
  people += 1;
  name = `name-of-${people}`;
});

/** Somebody with a second factor, signed in to the Library. */
async function known(options: { email?: string } = {}): Promise<Someone> {
  const owner = await scene.member(options);
  await owner.begin('library');
  return owner;
}

const at = (path: string) => `${scene.gateway.url}${path}`;

/** A browser that has left to link; nothing is answered yet. */
async function left(someone: Someone): Promise<Asked> {
  const page = await visitAccount(scene, someone, LINK);
  const { location } = await someone.client.get(new URL(`${LINK}/leave`, page.url));
  return askedBy(location);
}

/** Brings what the house says, in somebody's browser. */
async function bring({ client }: Someone, asked: Asked, saying: Partial<Saying> = {}): Promise<Reply> {
  const fields = formOf(responseOf(partner, asked, { name, ...saying }), asked);
  return client.follow(await client.post(partner.acs, fields, { from: partner.idp.url }));
}

const linked = async (someone: Someone, saying: Partial<Saying> = {}) =>
  lastWord(someone, await bring(someone, await left(someone), saying));

/** At another browser, by the house alone. */
async function entered(someone: Someone, saying: Partial<Saying> = {}, application = 'library'): Promise<Someone> {
  const other = scene.elsewhere(someone, new Client());
  await bring(other, await leave(other.client, await other.begin(application)), saying);
  return other;
}

const told = async (someone: Someone) => {
  const account = await accountOf(scene, someone);
  const rows = scene.audit().filter((row) => row.account === account && row.detail.includes('upstream:'));
  return rows.map(({ event, detail }) => [event, (JSON.parse(detail) as { reason?: string }).reason ?? '']);
};
const refusals = () =>
  scene
    .audit()
    .filter(({ event }) => event === 'sign-in.refused')
    .map(({ detail }) => (JSON.parse(detail) as { reason?: string }).reason ?? '');

describe('a link', () => {
  it('is made by a sign-in there that is asked anew, opens the account, and ends with all that it opened', async () => {
    const owner = await known();
    const asked = await left(owner);
    expect(asked.xml).toContain('ForceAuthn="true"');
    const page = await bring(owner, asked);
    expect(page.text).toContain('Link these two accounts?');
    expect((await lastWord(owner, page)).text).toContain('It was linked.');
    const other = await entered(owner);
    expect(await other.subject('library')).toBe(await owner.subject('library'));
    await scene.gateway.command('links remove', [owner.username, 'partner']);
    expect(asksPassword(await other.begin('courses'))).toBe(true);
    expect(await owner.subject('library')).toBeDefined();
  });

  it('is made by an operator, by what the house calls them, and told by mail as well', async () => {
    const owner = await known({ email: 'owner@example.edu' });
    await scene.gateway.command('links add', [owner.username, 'partner', name]);
    const other = await entered(owner);
    expect(await other.subject('library')).toBe(await owner.subject('library'));
    await scene.gateway.command('links remove', [owner.username, 'partner']);
    const mails = async () => (await outbox(scene.gateway, 'owner@example.edu')).map(({ subject }) => subject);
    await expect
      .poll(mails)
      .toEqual(
        expect.arrayContaining([expect.stringContaining('was linked'), expect.stringContaining('was unlinked')]),
      );
    expect((await told(owner)).map(([event]) => event)).toEqual(
      expect.arrayContaining(['credential.added', 'sign-in.proved', 'credential.removed']),
    );
  });

  it('ends with the house’s own word of it what came by it, and nothing else', async () => {
    const owner = await scene.member();
    await linked(owner);
    const other = await entered(owner, { sessionIndex: 'of-the-link' });
    expect(await other.subject('library')).toBeDefined();
    const content = `<saml:NameID>${name}</saml:NameID><samlp:SessionIndex>of-the-link</samlp:SessionIndex>`;
    const logout = partner.idp.logout('LogoutRequest', at('/directories/partner/logout'), '', content);
    const signed = sign(logout, partner.idp.identity, { element: 'LogoutRequest' });
    const body = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${signed}</soap:Body></soap:Envelope>`;
    const headers = { 'content-type': 'text/xml' };
    const answer = await fetch(at('/directories/partner/logout'), { method: 'POST', headers, body });
    expect(await answer.text()).toContain('status:Success');
    expect(asksPassword(await other.begin('library'))).toBe(true);
    expect((await owner.begin('library')).url.pathname).toBe('/library');
  });
});

describe('an answer', () => {
  it('of who signed in there a while ago links nothing', async () => {
    const owner = await scene.member();
    const page = await bring(owner, await left(owner), { authnInstant: Date.now() - 3600 * SECONDS });
    expect(page.text).toContain('sign in to it anew');
    await expect
      .poll(() => told(owner))
      .toContainEqual(['enrolment.refused', expect.stringContaining('authentication')]);
  });

  it('that somebody got for themselves links nothing in another’s browser', async () => {
    const [victim, thief] = [await scene.member(), await scene.member()];
    const [mine, theirs] = [await left(victim), await left(thief)];
    // As it is, and under the name of what the victim waits for.
    expect((await bring(victim, theirs)).status).toBe(400);
    await expect.poll(refusals).toContain('other-browser');
    expect((await bring(victim, { ...theirs, relayState: mine.relayState })).text).toContain('couldn’t be verified');
    await expect.poll(() => told(victim)).toContainEqual(['enrolment.refused', expect.stringContaining('response-to')]);
    expect((await victim.client.open(at(`${LINK}/confirm`))).text).not.toContain('Link these two accounts?');
  });

  it('counts once, for one attempt', async () => {
    const owner = await scene.member();
    const asked = await left(owner);
    await bring(owner, asked);
    expect((await bring(owner, asked)).status).toBe(400);
    await expect.poll(refusals).toContain('unsolicited');
  });

  it('of whoever was here by the house before links nothing, whatever their name and mail', async () => {
    const first = await entered(await scene.newcomer());
    const subject = await first.subject('library');
    const thief = await scene.member();
    expect((await bring(thief, await left(thief))).text).toContain('has an account of its own');
    await expect.poll(() => told(thief)).toContainEqual(['enrolment.refused', 'own-account']);
    expect(await (await entered(thief)).subject('library')).toBe(subject);
  });
});

it('at a step-up takes the same person there, and no other', async () => {
  const owner = await known();
  await linked(owner);
  const subject = await owner.subject('library');
  const page = await owner.begin('library', '?prompt=login');
  const before = refusals().length;
  const shown = await bring(owner, await leave(owner.client, page), { name: 'somebody-else' });
  expect(shown.text).toContain('You signed in there as somebody else');
  await expect.poll(() => refusals().slice(before)).toEqual(['another-person']);
  await bring(owner, await leave(owner.client, shown));
  expect(await owner.subject('library')).toBe(subject);
});
