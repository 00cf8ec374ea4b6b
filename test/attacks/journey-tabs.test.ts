import { describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { asksCode, asksPassword, asksToRemember, ownForm, type Someone, STORES, stage } from '../support/scene.ts';

/** The next of a fixed row of numbers that looks random (a linear congruential generator). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Tab {
  application: string;
  page?: Reply;
}

describe.each(STORES)('tabs of one browser, on the %s store', (_name, options) => {
  const scene = stage(options);

  /** One step of one tab: begins, answers what is asked, or follows one redirect. */
  async function step(someone: Someone, tab: Tab): Promise<void> {
    const { page } = tab;
    if (page === undefined) {
      tab.page = await someone.client.get(`${scene.gateway.relyingParty}/${tab.application}/login?par=0`);
    } else if (page.location) {
      tab.page = await someone.client.get(page.location);
    } else {
      const { url, fields } = ownForm(page);
      tab.page = await someone.client.post(url, { ...fields, ...answerTo(someone, page) });
    }
    // Other tabs' codes move the clock, and the application must redeem its own within a minute.
    const { location } = tab.page;
    if (location?.pathname.endsWith('/callback')) tab.page = await someone.client.open(location);
  }

  function answerTo(someone: Someone, page: Reply): Record<string, string> {
    if (asksPassword(page)) {
      const known = !page.body.includes('name="username"');
      return { password: PASSWORD, ...(known ? {} : { username: someone.username }) };
    }
    if (asksCode(page)) return { code: scene.nextCode(someone) };
    if (asksToRemember(page)) return { remember: 'no' };
    throw new Error(`stuck at ${page.status} ${page.url.pathname}: ${page.text}`);
  }

  /** Where the gateway sends the browser in the end; the application's own sessions are none of these tests' matter. */
  async function toCallback(someone: Someone, reply: Reply): Promise<URL | undefined> {
    const last = await someone.client.follow(reply, ({ pathname }) => pathname.endsWith('/callback'));
    return last.location;
  }

  const done = ({ application, page }: Tab) => page?.url.pathname === `/${application}`;

  it.each([1, 6, 11, 16])('all finish, however their steps interleave (five ways from seed %i)', async (first) => {
    const someone = await scene.member();
    for (let seed = first; seed < first + 5; seed += 1) {
      const random = seeded(seed);
      const browser = scene.elsewhere(someone);
      const tabs: Tab[] = [{ application: 'courses' }, { application: 'payroll' }, { application: 'library' }];
      for (let left = tabs; left.length > 0; left = tabs.filter((tab) => !done(tab))) {
        const tab = left[Math.floor(random() * left.length)];
        if (tab) await step(browser, tab);
      }
      const subjects = await Promise.all(tabs.map(({ application }) => browser.subject(application)));
      expect(new Set(subjects)).toEqual(new Set([await someone.subject('courses')]));
    }
  });

  it('all finish when they answer at the same moment', async () => {
    const someone = await scene.newcomer();
    const applications = ['library', 'library', 'library'];
    const pages: Reply[] = [];
    for (const application of applications) pages.push(await someone.begin(application));
    const ends = await Promise.all(
      pages.map(async (page) => {
        const { url, fields } = ownForm(page);
        const answer = await someone.client.post(url, { ...fields, username: someone.username, password: PASSWORD });
        return toCallback(someone, answer);
      }),
    );
    for (const end of ends) expect(end?.searchParams.get('code')).toBeTruthy();
    expect((await someone.begin('library')).url.pathname).toBe('/library');
  });

  it('all come back with the session when they visit at the same moment', async () => {
    const someone = await scene.member({ remember: 'yes' });
    someone.client.jar.restart();
    await someone.enter('courses');
    scene.clock.advance(61 * SECONDS);
    const url = `${scene.gateway.relyingParty}/courses/login`;
    const visit = async () => toCallback(someone, await someone.client.get(url));
    const visits = await Promise.all(Array.from({ length: 10 }, visit));
    for (const end of visits) expect(end?.searchParams.get('code')).toBeTruthy();
  });
});
