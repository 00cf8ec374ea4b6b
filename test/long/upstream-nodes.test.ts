import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { clientAt, crowd, stageCluster } from '../support/cluster.ts';
import { answerOf, lastWord } from '../support/linking.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { formOf, leave, responseOf, type SamlUpstream, startSamlUpstream } from '../support/saml-upstream.ts';
import type { Someone } from '../support/scene.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/** Answers of other houses that come to two nodes at the same moment, and a link that is removed beside them. */

const MANY = 100;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-upstream-nodes-'));
let port: number;
let clinic: Upstream;
let hospital: SamlUpstream;

beforeAll(async () => {
  port = await freePort();
  clinic = await startUpstream(`http://localhost:${port}/return/directories/partner`);
  hospital = await startSamlUpstream(`http://localhost:${port}`, folder, 'hospital');
});
afterAll(async () => {
  await clinic?.close();
  hospital?.close();
  rmSync(folder, { recursive: true, force: true });
});

const stage = stageCluster(() => ({
  port,
  config: {
    directories: {
      partner: { ...clinic.directory, assurance: [{ amr: ['otp'], kinds: ['knowledge', 'possession'] }] },
      hospital: { ...hospital.directory, name: 'Hospital' },
    },
  },
}));
const { member } = crowd(() => stage.cluster);

const NAMES = ['a', 'b'] as const;
const nameOf = (nth: number) => NAMES[nth % 2] ?? 'a';
/** The same browser, at one node or the other. */
const atEach = ({ jar }: Client): Client[] => NAMES.map((name) => clientAt(name, jar));
const isHome = (next: URL) => next.href.startsWith(stage.cluster.relyingParty);

function there(sub: string): void {
  const at = Math.floor(Date.now() / 1000);
  clinic.next = { sub, claims: { amr: ['otp'], name: 'Somebody', preferred_username: sub, auth_time: at } };
}

/** The same at both nodes, many at once; how many went on. */
async function goOn(browser: Client, act: (client: Client) => Promise<Reply>): Promise<number> {
  const clients = atEach(browser);
  const all = await Promise.all(Array.from({ length: MANY }, (_, nth) => act(clients[nth % 2] as Client)));
  return all.filter(({ status, location }) => status === 303 && !location?.pathname.startsWith('/return/')).length;
}

describe('an answer that comes to two nodes at once', () => {
  it('of a SAML provider counts once, as a form and as what was made of it', async () => {
    const library = await RelyingParty.of(stage.cluster, 'library');
    const browser = new Client();
    const asked = await leave(browser, await browser.open((await library.begin()).url), 'hospital');
    const form = formOf(responseOf(hospital, asked), asked);
    const posted = await Promise.all(
      Array.from({ length: MANY }, (_, nth) =>
        clientAt(nameOf(nth), browser.jar).post(hospital.acs, form, { from: hospital.idp.url }),
      ),
    );
    const back = posted.flatMap(({ location }) => (location ? [location] : []));
    expect(back.length).toBeGreaterThan(0);
    let turn = 0;
    const through = await goOn(browser, (client) => {
      turn += 1;
      return client.get(back[turn % back.length] ?? '');
    });
    expect(through).toBe(1);
  });

  it('of an OpenID provider counts once, and in no other browser at the other node', async () => {
    const library = await RelyingParty.of(stage.cluster, 'library');
    const browser = new Client();
    there('parallel');
    const page = await browser.open((await library.begin()).url);
    const answer = await answerOf(browser, new URL(wayTo(page.body, 'partner'), page.url));
    for (const name of NAMES) expect((await clientAt(name).get(answer)).status).toBe(400);
    expect(await goOn(browser, (client) => client.get(answer))).toBe(1);
    for (const client of atEach(browser)) expect((await client.get(answer)).status).toBe(400);
  });
});

describe('a link that is removed beside sign-ins by it', () => {
  const securityAt = async (owner: Someone, path: string) => {
    const page = await owner.client.open(`${stage.cluster.url}${path}`);
    return page.body.includes('name="code"') ? owner.client.follow(await owner.code(page, next(owner))) : page;
  };
  const next = (someone: Someone) => {
    stage.cluster.advance(30_000);
    return someone.codeAt();
  };

  it('lets none of them in once that is answered, and none brings it back', { timeout: 240_000 }, async () => {
    const owner = await member();
    there('linked');
    const led = await securityAt(owner, '/account/links/add/partner');
    const left = /href="([^"]*\/leave)"/.exec(led.body)?.[1] ?? '';
    const word = await owner.client.open(await answerOf(owner.client, new URL(left, led.url)));
    await lastWord(owner, word);
    const library = await RelyingParty.of(stage.cluster, 'library');
    const courses = await RelyingParty.of(stage.cluster, 'courses');
    const theirs = await owner.subject('courses');
    expect(theirs).toBeDefined();

    /** Browsers that have signed in there and are about to come back. */
    const browsers = Array.from({ length: MANY }, (_, nth) => clientAt(nameOf(nth)));
    there('linked');
    const answers = await Promise.all(
      browsers.map(async (browser) => {
        const page = await browser.open((await library.begin()).url);
        return answerOf(browser, new URL(wayTo(page.body, 'partner'), page.url));
      }),
    );
    const shown = await securityAt(owner, '/account');
    const remove = /href="(\/account\/methods\/[\w-]+\/remove)"[^>]*>Unlink/.exec(shown.body)?.[1] ?? '';
    const asked = await securityAt(owner, remove);
    const half = Math.floor(MANY / 2);
    const goes = (nth: number) =>
      browsers[nth]?.get(answers[nth] ?? '').then((reply) => browsers[nth]?.follow(reply, isHome));
    const before = browsers.slice(0, half).map((_, nth) => goes(nth));
    const removed = owner.client.submit(asked, {}, { action: '/remove' });
    const beside = browsers.slice(half, -10).map((_, nth) => goes(half + nth));
    expect((await removed).status).toBe(303);
    const after = browsers.slice(-10).map((_, nth) => goes(MANY - 10 + nth));
    await Promise.allSettled([...before, ...beside, ...after]);

    const subjects = await Promise.all(browsers.map((client) => subjectIn(client, courses)));
    expect(subjects.filter((one) => one === theirs)).toEqual([]);
    const lines = await stage.cluster.command('links list', [owner.username]);
    expect(lines.join('\n')).not.toContain('partner');
    expect(await owner.subject('courses')).toBe(theirs);
  });

  /** Whom an application knows a browser's person as, asked without a page. */
  async function subjectIn(client: Client, rp: RelyingParty): Promise<string | undefined> {
    const flow = await rp.begin({ prompt: 'none' });
    const { location } = await client.follow(await client.get(flow.url), isHome);
    if (!location?.searchParams.has('code')) return undefined;
    return (await rp.exchange(flow, location)).claims()?.sub;
  }
});
