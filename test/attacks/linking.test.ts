import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { form } from '../support/forms.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf } from '../support/holders.ts';
import { visitAccount } from '../support/issued.ts';
import { answeredToLink, answerOf, backToLink, enterBy, LINK, lastWord, link } from '../support/linking.ts';
import { ELSEWHERE, newestReport } from '../support/not-me.ts';
import { outbox } from '../support/outbox.ts';
import { freePort } from '../support/ports.ts';
import { asksCode, asksPassword, asksToEnrol, type Someone, stage } from '../support/scene.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/** Accounts of other houses that somebody would like to be linked, and shouldn't be. */

let partner: Upstream;
let other: Upstream;
const ports = { gateway: 0, relyingParty: 0 };

beforeAll(async () => {
  Object.assign(ports, { gateway: await freePort(), relyingParty: await freePort() });
  const backOf = (id: string) => `http://localhost:${ports.gateway}/return/directories/${id}`;
  partner = await startUpstream(backOf('partner'));
  other = await startUpstream(backOf('other'), '127.0.0.2');
});
afterAll(async () => {
  await partner?.close();
  await other?.close();
});

const scene = stage(() => ({
  ports,
  config: {
    demo: {},
    senders: { outbox: {} },
    directories: { partner: partner.directory, other: { ...other.directory, name: 'Other House' } },
  },
}));

let people = 0;
/** Whoever signs in there next, a moment ago: somebody new. */
function there(house: Upstream, claims: Record<string, unknown> = {}): string {
  people += 1;
  const sub = `there-${people}`;
  // Whoever signs in there twice in one browser would be asked whether to sign the other out.
  const said = { sub, name: 'Somebody', preferred_username: sub, auth_time: now(), ...claims };
  house.next = { sub: 'one-of-them', claims: said };
  return sub;
}
const now = () => Math.floor(Date.now() / 1000);

const at = (path: string) => `${scene.gateway.url}${path}`;
const subjectOf = async (someone: Someone) => someone.subject('library');

/** Of an account, in order: what came of links. */
const told = async (someone: Someone) => {
  const account = await accountOf(scene, someone);
  const rows = scene.audit().filter((row) => row.account === account && row.detail.includes('upstream:'));
  return rows.map(({ event, detail }) => [event, (JSON.parse(detail) as { reason?: string }).reason ?? '']);
};

/** Why linking was refused, of an account, once the audit has it. */
const refusedFor = (someone: Someone, reason: string) =>
  expect.poll(() => told(someone)).toContainEqual(['enrolment.refused', reason]);

/** Why answers were refused of whom nobody is known yet. */
const refusals = () =>
  scene
    .audit()
    .filter(({ event }) => event === 'sign-in.refused')
    .map(({ detail }) => (JSON.parse(detail) as { reason?: string }).reason);

/** At another browser, by the house alone: whose account that opens. */
async function entered(directory = 'partner'): Promise<{ someone: Someone; subject: string | undefined }> {
  const someone = scene.elsewhere(stranger);
  await enterBy(someone, 'library', directory);
  return { someone, subject: await subjectOf(someone) };
}
let stranger: Someone;
beforeAll(async () => {
  stranger = await scene.newcomer({ username: 'nobody-yet' });
});
beforeEach(() => {
  partner.asked.length = 0;
  there(partner);
});

/** Follows to whatever the last word leads to. */
const opened = async (someone: Someone, url: URL) => someone.client.open(url);

describe('a link', () => {
  it('is made by whoever signs in to both, opens the account, is told, and ends with all that it opened', async () => {
    const owner = await scene.member({ email: 'owner@example.edu' });
    await owner.begin('library');
    const page = await backToLink(scene, owner);
    expect(page.text).toMatch(/Link these two accounts\?.*Somebody there-/);
    expect(partner.asked.at(-1)?.get('max_age')).toBe('0');
    const done = await lastWord(owner, page);
    expect(done.text).toContain('It was linked.');
    expect(done.text).toMatch(/Partner Hospital there-\d+ linked .* not used yet/i);

    const { someone, subject } = await entered();
    expect(subject).toBe(await subjectOf(owner));
    const shown = await visitAccount(scene, owner, '/account');
    expect(shown.text).toMatch(/Partner Hospital there-\d+ linked .* used/i);
    const remove = /href="(\/account\/methods\/[\w-]+\/remove)"[^>]*>Unlink/.exec(shown.body)?.[1] ?? '';
    const asked = await visitAccount(scene, owner, remove);
    expect(asked.text).toContain('Unlink Partner Hospital?');
    await owner.client.follow(await owner.client.submit(asked, {}, { action: '/remove' }));

    expect(asksPassword(await someone.begin('courses'))).toBe(true);
    expect((await entered()).subject).not.toBe(subject);
    expect(await told(owner)).toEqual(
      expect.arrayContaining([
        ['credential.added', ''],
        ['credential.removed', ''],
      ]),
    );
    const mails = async () => (await outbox(scene.gateway, 'owner@example.edu')).map(({ subject: about }) => about);
    await expect
      .poll(mails)
      .toEqual(
        expect.arrayContaining([expect.stringContaining('was linked'), expect.stringContaining('was unlinked')]),
      );
  });

  it('is one of each house for an account, and one account for each person there', async () => {
    const [first, second] = [await scene.member(), await scene.member()];
    await link(scene, first);
    const taken = await opened(second, await answeredToLink(scene, second));
    expect(taken.text).toContain('is linked already');
    await refusedFor(second, 'taken');
    there(partner);
    expect((await visitAccount(scene, first, LINK)).url.pathname).toBe('/account');
    expect((await link(scene, second)).text).toContain('It was linked.');
  });

  it('isn’t made to somebody who has an account of their own by it: who came first keeps it', async () => {
    const { subject } = await entered();
    const thief = await scene.member();
    const shown = await opened(thief, await answeredToLink(scene, thief));
    expect(shown.text).toContain('has an account of its own');
    await refusedFor(thief, 'own-account');
    expect((await entered()).subject).toBe(subject);
  });
});

describe('who takes what isn’t theirs', () => {
  it('gets no account by a mail address or a user name, theirs or a stranger’s', async () => {
    const victim = await scene.newcomer({ email: 'victim@example.edu' });
    await victim.enter('library');
    const claims = { email: 'victim@example.edu', email_verified: true, preferred_username: victim.username };
    there(partner, claims);
    const { subject } = await entered();
    expect(subject).toBeDefined();
    expect(subject).not.toBe(await subjectOf(victim));
  });

  it('waits in vain in an account that was registered before, under the mail and the name of who is to come', async () => {
    const thief = await scene.newcomer({ username: 'coming.soon', email: 'soon@partner.example' });
    await thief.enter('library');
    there(partner, { email: 'soon@partner.example', email_verified: true, preferred_username: 'coming.soon' });
    const { someone, subject } = await entered();
    expect(subject).toBeDefined();
    expect(subject).not.toBe(await subjectOf(thief));
    // Nor is it theirs by a link, once the person has been here.
    const strong = await scene.member();
    await opened(strong, await answeredToLink(scene, strong));
    await refusedFor(strong, 'own-account');
    expect(await subjectOf(someone)).toBe(subject);
  });

  it('is somebody else by a name that was given anew, and the same under another one', async () => {
    const owner = await scene.member();
    await owner.begin('library');
    await link(scene, owner);
    const mine = await subjectOf(owner);
    const { claims } = partner.next;
    Object.assign(partner.next.claims, {
      preferred_username: 'renamed',
      name: 'Renamed',
      email: 'new@partner.example',
    });
    expect((await entered()).subject).toBe(mine);
    there(partner, { preferred_username: claims.preferred_username, name: claims.name });
    expect((await entered()).subject).not.toBe(mine);
  });

  it('with the password alone links nothing: it takes the second factor of now', async () => {
    const victim = await scene.member();
    const thief = scene.elsewhere(victim);
    const page = await thief.client.open(at(LINK));
    expect(asksCode(await thief.answer(page, { username: victim.username, password: PASSWORD }))).toBe(true);
    expect((await thief.client.open(at(`${LINK}/leave`))).url.origin).toBe(scene.gateway.url);
    expect(partner.asked).toEqual([]);
    // Nor with one of a while ago, in the victim's own browser.
    scene.clock.advance(11 * MINUTES);
    expect(asksPassword(await victim.client.open(at(LINK)))).toBe(true);
  });

  it('where no second factor is set up yet, sets one up first', async () => {
    const victim = await scene.newcomer();
    await victim.enter('library');
    const page = await visitAccount(scene, victim, LINK);
    expect(asksToEnrol(page)).toBe(true);
  });

  it('who linked all the same is undone by a report, and the link proves nothing until its owner says so', async () => {
    const victim = await scene.member();
    scene.clock.advance(2 * SECONDS);
    const thief = scene.elsewhere(victim, new Client({ localAddress: ELSEWHERE }));
    await thief.remember(await thief.code(await thief.enter('courses'), scene.nextCode(victim)), 'no');
    await link(scene, thief);
    const { someone } = await entered();
    await visitAccount(scene, victim, '/account');
    const path = await newestReport(scene, victim, ELSEWHERE);
    const page = await victim.client.open(at(path));
    await victim.client.follow(await victim.client.submit(page, {}, { action: '/not-me' }));
    expect(await someone.subject('courses')).toBeUndefined();
    const again = scene.elsewhere(stranger);
    expect((await enterBy(again, 'library')).text).toContain('may not sign in here');
  });
});

describe('an answer', () => {
  it('that somebody got for themselves links nothing in another’s browser', async () => {
    const [victim, thief] = [await scene.member(), await scene.member()];
    const answer = await answeredToLink(scene, thief);
    await visitAccount(scene, victim, LINK);
    const planted = await opened(victim, answer);
    expect([planted.status, planted.text]).toEqual([400, expect.stringContaining('browser')]);
    expect((await victim.client.open(at(`${LINK}/confirm`))).text).not.toContain('Link these two accounts?');
    await expect.poll(refusals).toContain('other-browser');
    // And stays good where it belongs.
    expect((await opened(thief, answer)).text).toContain('Link these two accounts?');
  });

  it('counts once, and for the house that it is of', async () => {
    const owner = await scene.member();
    const answer = await answeredToLink(scene, owner);
    const elsewhere = new URL(answer.href.replace('directories/partner', 'directories/other'));
    expect((await opened(owner, elsewhere)).status).toBe(400);
    await expect.poll(refusals).toContain('mixed-up');
    expect((await opened(owner, answer)).status).toBe(400);
    await expect.poll(refusals).toContain('unsolicited');
    const again = await answeredToLink(scene, owner);
    await opened(owner, again);
    expect((await opened(owner, again)).status).toBe(400);
  });

  it('with another’s code is none: it was asked for with another verifier', async () => {
    const [owner, thief] = [await scene.member(), await scene.member()];
    const [mine, theirs] = [await answeredToLink(scene, owner), await answeredToLink(scene, thief)];
    mine.searchParams.set('code', theirs.searchParams.get('code') ?? '');
    expect((await opened(owner, mine)).text).toContain('couldn’t be verified');
    await refusedFor(owner, 'the token endpoint says invalid_grant');
  });

  it('to a sign-in links nothing, where somebody is about to link as well', async () => {
    const owner = await scene.member();
    const page = await owner.begin('library', '?prompt=select_account');
    const signIn = await owner.answer(page, { account: 'other' });
    const answer = await answerOf(owner.client, new URL(wayTo(signIn.body, 'partner'), signIn.url));
    await answeredToLink(scene, owner);
    await opened(owner, answer);
    expect((await told(owner)).filter(([event]) => event === 'credential.added')).toEqual([]);
    expect(await owner.client.open(at(`${LINK}/confirm`)).then(({ text }) => text)).not.toContain('Link these two');
  });

  it('of a person who signed in there a while ago links nothing', async () => {
    const owner = await scene.member();
    for (const time of [undefined, now() - 600]) {
      Object.assign(partner.next.claims, { auth_time: time });
      expect((await opened(owner, await answeredToLink(scene, owner))).text).toContain('sign in to it anew');
    }
    await refusedFor(owner, 'not-anew');
  });

  it('in a session that began since is none', async () => {
    const owner = await scene.member();
    const answer = await answeredToLink(scene, owner);
    await owner.client
      .open(at('/account/sign-out-everywhere'))
      .then((page) => owner.client.submit(page, {}, { action: 'everywhere' }));
    expect((await opened(owner, answer)).status).toBe(400);
    await expect.poll(refusals).toContain('other-session');
    expect((await visitAccount(scene, owner, `${LINK}/confirm`)).text).not.toContain('Link these two accounts?');
  });
});

describe('the last word', () => {
  it('is good once: of 100 at the same moment one links', async () => {
    const owner = await scene.member();
    const page = await backToLink(scene, owner);
    const words = await Promise.all(
      Array.from({ length: 100 }, () => owner.client.submit(page, {}, { action: '/confirm' })),
    );
    const linked = words.filter(({ location }) => location?.search === '?notice=link-added');
    expect(linked).toHaveLength(1);
    expect((await told(owner)).filter(([event]) => event === 'credential.added')).toHaveLength(1);
    expect((await lastWord(owner, page)).text).not.toContain('It was linked.');
    await refusedFor(owner, 'spent');
  });

  it('is of one attempt: another’s form doesn’t link whom a later one brought', async () => {
    const owner = await scene.member();
    const before = await backToLink(scene, owner);
    there(partner);
    await backToLink(scene, owner);
    expect((await lastWord(owner, before)).text).toContain('answered already');
    await refusedFor(owner, 'another-attempt');
    // What waited is spent with it.
    expect((await owner.client.open(at(`${LINK}/confirm`))).text).not.toContain('Link these two accounts?');
  });

  it('is of one house, one session and one account, and of this page', async () => {
    const [owner, thief] = [await scene.member(), await scene.member()];
    const page = await backToLink(scene, owner);
    await visitAccount(scene, thief, LINK);
    const { fields } = form(page.body, '/confirm');
    const post = (someone: Someone, path: string, body = fields, from?: string) =>
      someone.client.post(at(path), body, from === undefined ? {} : { from });
    expect((await post(thief, `${LINK}/confirm`)).status).toBe(403);
    // No cookie of ours comes with it.
    const planted = await post(owner, `${LINK}/confirm`, fields, 'https://evil.example');
    expect(planted.location?.pathname).toBe('/authorize');
    expect((await post(owner, `${LINK}/confirm`, {})).status).toBe(403);
    await refusedFor(owner, 'another-form');
    await refusedFor(thief, 'another-form');
    const mixed = await post(owner, `${LINK.replace('partner', 'other')}/confirm`);
    expect(mixed.location?.search).toBe('?why=already-answered');
    expect((await told(owner)).filter(([event]) => event === 'credential.added')).toEqual([]);
  });

  it('takes the right that the page took, asked anew', async () => {
    const owner = await scene.member();
    const page = await backToLink(scene, owner);
    scene.clock.advance(11 * MINUTES);
    expect(asksPassword(await lastWord(owner, page))).toBe(true);
  });
});

describe('by the link', () => {
  it('a step-up takes the same person there, and no other', async () => {
    const owner = await scene.member();
    await link(scene, owner);
    await owner.begin('library');
    const mine = partner.next;
    const page = await owner.begin('library', '?prompt=login');
    there(partner);
    const answer = await answerOf(owner.client, new URL(wayTo(page.body, 'partner'), page.url));
    expect((await opened(owner, answer)).text).toContain('You signed in there as somebody else');
    await expect.poll(refusals).toContain('another-person');
    partner.next = mine;
  });
});
