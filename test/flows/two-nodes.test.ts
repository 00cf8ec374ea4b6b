import { describe, expect, it, vi } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { Alternating, clientAt, crowd, stageCluster, TO_NODE } from '../support/cluster.ts';
import { actionForm, CHECKED, DESK_CONFIG } from '../support/desk.ts';
import { PASSWORD } from '../support/gateway.ts';
import { asksPass, codesOf } from '../support/issued.ts';
import { Passkey } from '../support/passkeys.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { asksNew, Forgetful, NEXT_PASSWORD } from '../support/reset.ts';
import {
  asksCode,
  asksPassword,
  asksToEnrol,
  asksToRemember,
  asksWhetherLost,
  ownForm,
  post,
  type Someone,
} from '../support/scene.ts';

/** KiB: for some twenty sign-ins of strangers from one address. */
const PER_ADDRESS = 256;
const LOCKED = 'Too many wrong attempts.';

const stage = stageCluster(() => ({
  config: {
    ...DESK_CONFIG,
    trustedProxies: ['127.0.0.1', '::1'],
    networks: { small: { ranges: ['127.0.0.9'], strangers: PER_ADDRESS } },
  },
}));
const { newcomer, member, elsewhere, nextCode } = crowd(() => stage.cluster);
const NAMES = ['a', 'b'] as const;
const both = <T>(look: (name: 'a' | 'b') => Promise<T>): Promise<T[]> => Promise.all(NAMES.map(look));
/** The same browser, at one of the nodes. */
const at = (name: 'a' | 'b', someone: Someone): Someone => elsewhere(someone, clientAt(name, someone.client.jar));

/** Notes arrive off the requests' path. */
const SETTLED = { timeout: 20_000, interval: 100 };

/** How often something happened to an account, by the chains of all nodes, once it has been written down at all. */
async function countOf({ username }: Someone, event: string, factor: string): Promise<number> {
  const { postgres, stores } = stage.cluster;
  if (postgres === undefined) throw new Error('the database is another’s');
  const { url } = stores.durable as { url: string };
  return vi.waitFor(
    async () => {
      const rows = await postgres.run(
        `select count(*)::int as count from audit where event = '${event}' and detail::json->>'factor' = '${factor}'
         and account = (select id from accounts where username = '${username}')`,
        url,
      );
      const [{ count }] = rows as [{ count: number }];
      if (count === 0) throw new Error('nothing was written yet');
      return count;
    },
    { timeout: 20_000 },
  );
}

const EVERYWHERE = '/account/sign-out-everywhere';
async function signOutEverywhere(someone: Someone): Promise<Reply> {
  const asked = await someone.client.open(`${stage.cluster.url}${EVERYWHERE}`);
  return someone.client.follow(await someone.client.submit(asked, {}, { action: '/sign-out-everywhere' }));
}

describe('a sign-in whose every request goes to the other node', () => {
  it.each([0, 1])('sets a method up, remembers the device and knows it again, beginning at node %i', async (turn) => {
    const { username } = await newcomer();
    const someone = elsewhere({ username } as Someone, new Alternating(stage.cluster, {}, turn));
    const page = await someone.begin('courses');
    expect(asksPassword(page)).toBe(true);
    const setUp = await someone.answer(await someone.password(page, username), { factor: 'totp' });
    expect(asksToEnrol(setUp)).toBe(true);
    const question = await someone.enrol(setUp);
    expect(asksToRemember(question)).toBe(true);
    expect((await someone.remember(question, 'yes')).url.pathname).toBe('/courses');
    expect((await someone.begin('library')).url.pathname).toBe('/library');

    someone.client.jar.restart();
    expect((await someone.enter('courses')).url.pathname).toBe('/courses');
    // The cookie of a device rotates at each use: at both nodes it is the newest that counts.
    someone.client.jar.restart();
    expect((await someone.enter('courses')).url.pathname).toBe('/courses');
    const code = await someone.enter('payroll');
    expect(asksCode(code)).toBe(true);
    expect((await someone.code(code, nextCode(someone))).url.pathname).toBe('/payroll');
    await someone.begin('library');
    expect(await someone.subject('payroll')).toBe(await someone.subject('library'));
  });

  it('takes a form at a node that never showed its page, once; and from no other browser', async () => {
    const someone = await member();
    const page = await at('a', elsewhere(someone)).enter('payroll');
    expect((await post(elsewhere(someone, clientAt('b')), page, { code: someone.codeAt() })).status).toBe(400);

    const there = elsewhere(someone);
    const shown = await at('a', there).enter('payroll');
    const fields = { code: nextCode(someone) };
    // As a double click does: both lead on, and one was looked at.
    const answers = await both((name) => post(at(name, there), shown, fields));
    expect(answers.map(({ location }) => location?.pathname)).toContainEqual(expect.stringMatching(/^\/authorize\//));
    expect(await countOf(someone, 'sign-in.proved', 'totp')).toBe(1);
    const { url, fields: hidden } = ownForm(shown);
    const forged = await at('b', there).client.post(url, { ...hidden, csrf: `${hidden.csrf}x`, ...fields });
    expect(forged.status).toBe(403);
  });

  it('takes a code of the authenticator once, of 100 at both at the same time', async () => {
    const someone = await member();
    const pages: [Someone, Reply][] = [];
    for (let browser = 0; browser < 10; browser += 1) {
      const other = elsewhere(someone, clientAt(NAMES[browser % 2] ?? 'a'));
      pages.push([other, await other.enter('payroll')]);
    }
    const code = nextCode(someone);
    const sent = Array.from({ length: 100 }, (_, n) => {
      const [other, page] = pages[n % 10] ?? [];
      if (other === undefined || page === undefined) throw new Error('no browser');
      return post(at(NAMES[Math.floor(n / 10) % 2] ?? 'a', other), page, { code });
    });
    await Promise.all(sent);
    const arrived = await Promise.all(pages.map(async ([other, page]) => (await other.client.open(page.url)).url));
    const asked = await Promise.all(pages.map(([other]) => other.begin('library')));
    expect(arrived.filter(({ pathname }) => pathname === '/payroll').length).toBeLessThanOrEqual(1);
    // Of the ten one has a session, or who was second to take the same code would have one too.
    expect(asked.filter(({ url }) => url.pathname === '/library')).toHaveLength(1);
    expect(await countOf(someone, 'sign-in.proved', 'totp')).toBe(1);
  });
});

describe('what is counted', () => {
  it('locks after eight wrong passwords, whichever nodes they were typed at', async () => {
    const owner = await newcomer();
    await owner.enter('library');
    for (let guess = 0; guess < 8; guess += 1) {
      const thief = elsewhere(owner, clientAt(NAMES[guess % 2] ?? 'a'));
      const page = await thief.password(await thief.begin('library'), owner.username, `guess ${guess}`);
      expect(page.text).toContain('The user name or the password isn’t right.');
    }
    const locked = await both(async (name) => (await elsewhere(owner, clientAt(name)).enter('library')).text);
    for (const text of locked) expect(text).toContain(LOCKED);
    // Who was known before still gets in, at either.
    owner.client.jar.restart();
    expect((await owner.enter('library')).url.pathname).toBe('/library');

    expect((await stage.cluster.command('account unlock', [owner.username])).join()).toContain('can try again');
    const open = await both(async (name) => (await elsewhere(owner, clientAt(name)).enter('library')).url.pathname);
    expect(open).toEqual(['/library', '/library']);
  });

  it('gives a hundred guesses at once eight', async () => {
    const owner = await newcomer();
    await owner.enter('library');
    const thieves = await Promise.all(
      NAMES.map(async (name) => {
        const thief = elsewhere(owner, clientAt(name));
        return [thief, await thief.begin('library')] as const;
      }),
    );
    const guesses = Array.from({ length: 100 }, async (_, n) => {
      const [thief, page] = thieves[n % 2] ?? [];
      if (thief === undefined || page === undefined) throw new Error('no thief');
      const reply = await post(thief, page, { username: owner.username, password: `guess ${n}` });
      return thief.client.follow(reply);
    });
    await Promise.all(guesses);
    // Each node writes its own down a moment later.
    await vi.waitFor(async () => expect(await countOf(owner, 'sign-in.refused', 'password')).toBe(8), SETTLED);
  });

  it('lets strangers leave as much at both nodes together as at one', async () => {
    const from = (name: string) => new Client({ localAddress: '127.0.0.9', headers: { [TO_NODE]: name } });
    const library = await RelyingParty.of(stage.cluster, 'library');
    const { url } = await library.begin({ state: 's'.repeat(7_000) });
    const statuses: number[] = [];
    for (let n = 0; n < 80; n += 1) statuses.push((await from(NAMES[n % 2] ?? 'a').get(url)).status);
    const begun = statuses.filter((status) => status === 303).length;
    expect(begun).toBeGreaterThan(10);
    expect(begun).toBeLessThan(45);
    expect(statuses.slice(-2)).toEqual([429, 429]);
    // Another address isn't held up.
    expect((await new Client().get(url)).status).toBe(303);
  });
});

describe('what ends', () => {
  it('is over at both nodes as soon as somebody has signed out everywhere at one', async () => {
    const here = await member({ remember: 'yes' });
    const there = elsewhere(here);
    await there.remember(await there.code(await there.enter('courses'), nextCode(here)), 'yes');
    await there.begin('library');
    stage.cluster.advance(2 * SECONDS);
    for (const round of NAMES) {
      // What is read first at a node is there before, and not after.
      const before = await both(async (name) => (await at(name, there).client.get(account())).status);
      expect([round, ...before]).toEqual([round, 200, 200]);
      expect((await signOutEverywhere(at(round, here))).text).toContain('You’re signed out');
      const after = await both((name) => at(name, there).client.open(account()));
      expect(after.map(asksPassword)).toEqual([true, true]);
      expect(await there.subject('courses')).toBeUndefined();
      stage.cluster.advance(2 * SECONDS);
      for (const one of [here, there]) {
        const code = await one.enter('courses');
        expect(asksCode(code)).toBe(true);
        await one.remember(await one.code(code, nextCode(here)), 'yes');
      }
      stage.cluster.advance(2 * SECONDS);
    }
  });

  it('is over at both nodes when the account is disabled, or its password set, by a command at one', async () => {
    const someone = await member();
    const reach = () => both(async (name) => asksPassword(await at(name, someone).client.open(account())));
    expect(await reach()).toEqual([false, false]);
    await stage.cluster.node('b').command('user disable', [someone.username]);
    expect(await reach()).toEqual([true, true]);
    await stage.cluster.node('a').command('user enable', [someone.username]);
    stage.cluster.advance(2 * SECONDS);
    await someone.code(await someone.enter('payroll'), nextCode(someone));
    stage.cluster.advance(2 * SECONDS);
    await stage.cluster.node('a').command('user passwd', [someone.username], {}, 'another battery horse staple');
    expect(await reach()).toEqual([true, true]);
  });
});

const account = () => `${stage.cluster.url}/account`;

describe('what is handed out', () => {
  it('a pass issued at one node signs in at the other, once', async () => {
    const lost = await member();
    const issue = async () =>
      codesOf((await stage.cluster.node('b').command('tap issue', [lost.username])).join('\n'))[0] ?? '';
    const pass = await issue();
    const someone = elsewhere(lost);
    const page = await someone.enter('courses');
    expect(asksPass(page)).toBe(true);
    const pages = await Promise.all(
      NAMES.map(async (name) => {
        const one = elsewhere(lost, clientAt(name));
        return [one, await one.enter('courses')] as const;
      }),
    );
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => {
        const [one, shown] = pages[n % 2] ?? [];
        if (one === undefined || shown === undefined) throw new Error('nobody');
        return post(one, shown, { code: pass });
      }),
    );
    const after = await Promise.all(pages.map(async ([one, shown]) => one.client.open(shown.url)));
    expect(after.filter(asksWhetherLost)).toHaveLength(1);
    expect(await countOf(lost, 'sign-in.proved', 'tap')).toBe(1);
    expect((await someone.code(page, pass)).url.pathname).not.toBe('/courses');
  });

  it('the help desk’s order is given at the node that didn’t show its form, and counts at both', async () => {
    const person = await member();
    const agent = await newcomer({ groups: 'desk' });
    const key = new Passkey(stage.cluster);
    const choice = await agent.enter('courses');
    const after = await key.enrol(agent, await agent.answer(choice, { factor: 'fido2' }));
    if (asksToRemember(after)) await agent.remember(after, 'no');
    const open = async (path: string) => {
      const page = await agent.client.open(new URL(path, stage.cluster.url));
      return page.url.pathname.startsWith('/sign-in/') ? key.use(agent, page) : page;
    };
    const found = await open(`/helpdesk?q=${person.username}`);
    const path = /\/helpdesk\/people\/[\w-]+/.exec(`${found.url.pathname} ${found.body}`)?.[0] ?? '';
    const page = await open(`${path}/end-sessions`);
    const { url, own } = actionForm(page);
    const reply = await at('b', agent).client.post(url, { ...own, ...CHECKED });
    expect((await at('a', agent).client.follow(reply)).text).toContain('signed out everywhere');
    const ended = await both((name) => at(name, person).client.open(account()));
    expect(ended.map(asksPassword)).toEqual([true, true]);
    expect((await at('a', agent).client.post(url, { ...own, ...CHECKED })).status).not.toBe(200);
  });

  it('a right that was there when the page was shown is asked for again at the other node', async () => {
    const someone = await member();
    const shown = await at('a', someone).client.open(`${stage.cluster.url}/account/methods/add/totp`);
    expect(asksToEnrol(shown)).toBe(true);
    stage.cluster.advance(11 * MINUTES);
    const other = at('b', someone).scan(shown);
    const late = await other.client.follow(await post(other, shown, { name: '', code: other.codeAt() }));
    expect(asksPassword(late)).toBe(true);
    const back = await someone.answer(late, { password: PASSWORD });
    expect(asksCode(back)).toBe(true);
  });
});

describe('a forgotten password', () => {
  it.each([0, 1])(
    'is replaced by requests of which each goes to the other node, beginning at node %i',
    async (turn) => {
      const someone = await newcomer();
      await someone.enter('library');
      const [pass = ''] = codesOf((await stage.cluster.command('tap issue', [someone.username])).join('\n'));
      const other = new Forgetful(stage.cluster, someone.username, new Alternating(stage.cluster, {}, turn));
      const typed = await other.give(await other.ask(), { way: 'issued' });
      const next = await other.code(typed, pass);
      expect(asksNew(next)).toBe(true);
      // Another browser finds nothing, at either node.
      const strangers = await both((name) => clientAt(name).get(next.url));
      expect(strangers.map(({ status }) => status)).toEqual([404, 404]);
      expect((await other.give(next, { next: NEXT_PASSWORD })).text).toContain('Your password is changed');
      // At both the old one is dead, and what it had opened.
      const ended = await both(async (name) => asksPassword(await at(name, someone).begin('library')));
      expect(ended).toEqual([true, true]);
      const entered = (password: string) =>
        both(async (name) => {
          const fresh = elsewhere(someone, clientAt(name));
          return (await fresh.password(await fresh.begin('library'), someone.username, password)).url.pathname;
        });
      expect(await entered(PASSWORD)).not.toContain('/library');
      expect(await entered(NEXT_PASSWORD)).toEqual(['/library', '/library']);
    },
  );
});
