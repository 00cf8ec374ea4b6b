import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { type Someone, stage } from '../support/scene.ts';

const TABLE = readFileSync(new URL('../../docs/reference/journeys.md', import.meta.url), 'utf8');
/** Journey, pages, actions: a row of the table. */
const ROWS = new Map(
  [...TABLE.matchAll(/^\| ([^|]+?) \| (\d+) \| (\d+) \|$/gm)].map(([, name = '', pages, actions]) => [
    name,
    { pages: Number(pages), actions: Number(actions) },
  ]),
);

/** Goes through the gateway's pages as a browser without a script does, and counts. */
class Walk {
  readonly someone: Someone;
  pages = 0;
  actions = 0;
  at!: Reply;

  constructor(someone: Someone) {
    this.someone = someone;
  }

  #shown(reply: Reply): this {
    this.at = reply;
    if (reply.url.origin === new URL(this.someone.gateway.url).origin) this.pages += 1;
    return this;
  }

  /** At an application, whose own pages don't count, or at an address of ours. */
  async open(where: string): Promise<this> {
    const here = where.startsWith('/');
    const url = this.someone.gateway.url + where;
    return this.#shown(await (here ? this.someone.client.open(url) : this.someone.begin(where)));
  }

  /** A form of the page, with what is typed or pressed in it. */
  async answer(fields: Record<string, string>): Promise<this> {
    this.actions += 1;
    return this.#shown(await this.someone.answer(this.at, fields));
  }

  /** A link that stands on the page. */
  async follow(href: RegExp): Promise<this> {
    const found = [...this.at.body.matchAll(/<a [^>]*href="([^"]+)"/g)].find(([, address = '']) => href.test(address));
    if (found === undefined) throw new Error(`no link ${href} on ${this.at.url.pathname}: ${this.at.text}`);
    this.actions += 1;
    return this.#shown(await this.someone.client.open(new URL((found[1] ?? '').replaceAll('&amp;', '&'), this.at.url)));
  }

  counted = () => ({ pages: this.pages, actions: this.actions });
}

describe('journeys', () => {
  const scene = stage();
  const walked = new Set<string>();
  const is = (name: string, walk: Walk) => {
    walked.add(name);
    expect(walk.counted(), name).toEqual(ROWS.get(name));
  };
  const name = (someone: Someone) => ({ username: someone.username, password: PASSWORD });
  const setUp = (walk: Walk) => walk.answer({ code: walk.someone.scan(walk.at).codeAt() });

  afterAll(() => expect([...walked].sort()).toEqual([...ROWS.keys()].sort()));

  it('of signing in are as long as the table says, and no longer', async () => {
    const someone = await scene.newcomer();
    const first = await new Walk(someone).open('courses');
    await first.answer(name(someone));
    await setUp(first);
    await first.answer({ remember: 'yes' });
    expect(first.at.url.pathname).toBe('/courses');
    is('The first sign-in, a code app set up on the way', first);

    const again = await new Walk(someone).open('payroll');
    await again.answer({ code: scene.nextCode(someone) });
    expect(again.at.url.pathname).toBe('/payroll');
    is('One application more, which asks for the second step each time', again);

    someone.client.jar.restart();
    const remembered = await new Walk(someone).open('courses');
    await remembered.answer(name(someone));
    expect(remembered.at.url.pathname).toBe('/courses');
    is('The next day, in a remembered browser', remembered);

    const elsewhere = await new Walk(scene.elsewhere(someone)).open('courses');
    await elsewhere.answer(name(someone));
    scene.clock.advance(MINUTES);
    await elsewhere.answer({ code: elsewhere.someone.codeAt() });
    await elsewhere.answer({ remember: 'no' });
    expect(elsewhere.at.url.pathname).toBe('/courses');
    is('In another browser, with a code', elsewhere);

    const simple = await new Walk(await scene.newcomer()).open('library');
    await simple.answer(name(simple.someone));
    expect(simple.at.url.pathname).toBe('/library');
    is('Where a password is enough', simple);

    const out = await new Walk(someone).open('/logout');
    await out.answer({ logout: 'yes' });
    expect(out.at.text).toContain('You’re signed out');
    is('Signing out', out);
  });

  it('of looking after one’s methods, too', async () => {
    const someone = await scene.member();
    const adding = await new Walk(someone).open('/account');
    await adding.follow(/\/methods\/add\/totp$/);
    const other = scene.elsewhere(someone, someone.client).scan(adding.at);
    await adding.answer({ code: scene.nextCode(other) });
    expect(adding.at.text).toContain('It was added.');
    is('A second method, from the account page', adding);

    const renaming = await new Walk(someone).open('/account');
    await renaming.follow(/\/rename$/);
    await renaming.answer({ name: 'Work phone' });
    expect(renaming.at.text).toContain('Work phone');
    is('Another name for a method', renaming);

    const removing = await new Walk(someone).open('/account');
    await removing.follow(/\/methods\/[^/]+\/remove$/);
    await removing.answer({});
    // The session rested on the one that is gone: the other one steps in.
    expect(removing.at.text).toContain('Enter your code');
    is('Removing a method', removing);
  });

  it('of moving to a new phone, and of saying “this wasn’t me”', async () => {
    const someone = await scene.member();
    const moving = await new Walk(someone).open('/account');
    await moving.follow(/\/account\/phone$/);
    const [, method = ''] = /name="method" value="([^"]+)"/.exec(moving.at.body) ?? [];
    await moving.answer({ method });
    moving.someone.scan(moving.at);
    await moving.answer({ code: scene.nextCode(moving.someone) });
    await moving.answer({ remove: 'yes' });
    is('The code app to a new phone, the old one removed', moving);

    const suspicious = await scene.member();
    await vi.waitFor(async () => expect((await new Walk(suspicious).open('/account')).at.body).toContain('/not-me"'));
    const reporting = await new Walk(suspicious).open('/account');
    await reporting.follow(/\/not-me$/);
    await reporting.answer({});
    expect(reporting.at.url.pathname).toBe('/account/reported');
    is('“This wasn’t me”', reporting);
  });

  it('of a newcomer who begins before the first application, too', async () => {
    const someone = await scene.newcomer();
    const walk = await new Walk(someone).open('/enrol');
    await walk.follow(/\/enrol\/begin$/);
    await walk.answer(name(someone));
    await setUp(walk);
    expect(walk.at.url.pathname).toBe('/enrol/done');
    is('A newcomer, before the first application', walk);
  });
});
