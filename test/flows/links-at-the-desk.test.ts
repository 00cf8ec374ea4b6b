import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { agentAt, DESK_CONFIG } from '../support/desk.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { visitAccount } from '../support/issued.ts';
import { enterBy, link } from '../support/linking.ts';
import { freePort } from '../support/ports.ts';
import { asksPassword, stage } from '../support/scene.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

/** What the help desk and the owner read of a link, and the help desk's hand on it. */

let partner: Upstream;
const ports = { gateway: 0, relyingParty: 0 };

beforeAll(async () => {
  Object.assign(ports, { gateway: await freePort(), relyingParty: await freePort() });
  partner = await startUpstream(`http://localhost:${ports.gateway}/return/directories/partner`);
});
afterAll(() => partner?.close());

const scene = stage(() => ({
  ports,
  config: {
    ...DESK_CONFIG,
    ...{ demo: {}, senders: { outbox: {} } },
    directories: {
      partner: { ...partner.directory, assurance: [{ amr: ['otp'], kinds: ['knowledge', 'possession'] }] },
    },
  },
}));

it('help desk and account show a link and what was believed by it; the help desk removes it, with a reason', async () => {
  const owner = await appHolder(scene);
  await owner.begin('library');
  const said = { preferred_username: 'dr.lovelace', amr: ['otp'], auth_time: Math.floor(Date.now() / 1000) };
  partner.next = { sub: 'there', claims: said };
  await link(scene, owner);
  const browser = scene.elsewhere(owner, new Client());
  await enterBy(browser, 'courses');
  expect(await browser.subject('courses')).toBeDefined();

  const believed = /It said amr: otp: two factors\./;
  const agent = await agentAt(scene);
  await expect.poll(async () => (await agent.person(owner)).text).toMatch(believed);
  expect((await visitAccount(scene, owner, '/account')).text).toMatch(believed);

  const page = await agent.person(owner);
  expect(page.text).toMatch(/dr\.lovelace Partner Hospital/);
  const id = /\/remove\/([\w-]+)"[^>]*>[^<]*<span class="hear">[^<]*dr\.lovelace/.exec(page.body)?.[1] ?? '';
  const done = await agent.act(owner, `remove/${id}`);
  expect(done.text).toContain('The method was removed.');
  expect(asksPassword(await browser.begin('library'))).toBe(true);
  expect((await owner.begin('library')).url.pathname).toBe('/library');
  const account = await accountOf(scene, owner);
  const removed = scene.audit().filter((row) => row.account === account && row.event === 'helpdesk.method-removed');
  expect(removed.map(({ detail }) => JSON.parse(detail))).toEqual([
    expect.objectContaining({ factor: 'upstream:partner', by: await accountOf(scene, agent.someone) }),
  ]);
});
