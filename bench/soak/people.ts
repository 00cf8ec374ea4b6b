import type { Reply } from '../../test/support/client.ts';
import type { Cluster } from '../../test/support/cluster/open.ts';
import { SECRETS } from '../../test/support/configuration.ts';
import { PersonAtBrowser } from '../../test/support/gateway.ts';
import { RelyingParty } from '../../test/support/relying-party.ts';

/** One after another, a code counts once: somebody signs in again in the next half minute at the earliest. */
const STEP = 31_000;

export type Flow = 'sign-in' | 'visit' | 'refresh' | 'saml';

interface Person {
  name: string;
  browser: PersonAtBrowser;
  authenticator: PersonAtBrowser['authenticator'];
  refresh: string;
  /** Until when a code is spent. */
  spent: number;
  /** A refresh token is used by one at a time. */
  refreshing: boolean;
}

/** People with a password and an authenticator, and what they do; each throws where it doesn't get to its end. */
export async function peopleOf(cluster: Cluster, count: number) {
  const library = await RelyingParty.of(cluster, 'library');
  const people: Person[] = [];
  for (let at = 0; at < count; at += 1) {
    const name = `person${at}`;
    await cluster.addUser(name);
    const browser = new PersonAtBrowser(cluster);
    const page = await browser.enrol(await browser.password(await browser.begin('courses'), name));
    await browser.remember(page, 'no');
    const person = { name, browser, authenticator: browser.authenticator, refresh: '', refreshing: false };
    people.push({ ...person, spent: Date.now() + STEP, refresh: await firstToken(browser) });
  }
  let turn = 0;
  const anybody = (fits: (person: Person) => boolean = () => true): Person => {
    for (let tries = 0; tries < people.length; tries += 1) {
      turn = (turn + 1) % people.length;
      const person = people[turn];
      if (person && fits(person)) return person;
    }
    throw new Error('more people are needed');
  };

  async function token(fields: Record<string, string>): Promise<string> {
    const response = await fetch(`${cluster.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`library:${SECRETS.library}`).toString('base64')}` },
      body: new URLSearchParams(fields),
    });
    const { refresh_token } = (await response.json()) as { refresh_token?: string };
    if (refresh_token === undefined) throw new Error(`no token: ${response.status}`);
    return refresh_token;
  }
  async function firstToken(browser: PersonAtBrowser): Promise<string> {
    const { url, verifier } = await library.begin();
    const { location, status } = await browser.client.get(url);
    const code = location?.searchParams.get('code');
    if (!code) throw new Error(`no code: ${status}`);
    const { redirectUri } = library;
    return token({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri });
  }
  const arrived = ({ url, status, text }: Reply, site: string) => {
    if (url.origin !== site || status !== 200)
      throw new Error(`ended at ${url.pathname} with ${status}: ${text.slice(0, 80)}`);
  };

  const flows: Record<Flow, () => Promise<void>> = {
    async 'sign-in'() {
      const person = anybody(({ spent }) => spent < Date.now());
      person.spent = Date.now() + STEP;
      const browser = new PersonAtBrowser(cluster);
      browser.authenticator = person.authenticator;
      const page = await browser.code(await browser.password(await browser.begin('courses'), person.name));
      arrived(await browser.remember(page, 'no'), cluster.relyingParty);
      person.browser = browser;
    },
    async visit() {
      arrived(await anybody().browser.begin('library'), cluster.relyingParty);
    },
    async refresh() {
      const person = anybody(({ refreshing }) => !refreshing);
      person.refreshing = true;
      try {
        person.refresh = await token({ grant_type: 'refresh_token', refresh_token: person.refresh });
      } finally {
        person.refreshing = false;
      }
    },
    async saml() {
      arrived(await anybody().browser.begin('reading-room'), cluster.serviceProvider);
    },
  };
  return flows;
}
