import { describe, expect, it } from 'vitest';
import { SECONDS } from '../support/clock.ts';
import { clientAt, crowd, stageCluster } from '../support/cluster.ts';
import { asksPassword, type Someone } from '../support/scene.ts';

const APART = 90;

/** Processes on machines whose clocks are three minutes apart; whoever tests goes by the right one. */
describe('nodes whose machines’ clocks are apart', () => {
  const stage = stageCluster(() => ({
    nodes: [
      { name: 'a', ahead: APART * SECONDS },
      { name: 'b', ahead: -APART * SECONDS },
    ],
    config: { clock: 'database' },
  }));
  const people = crowd(() => stage.cluster);
  const refreshed = async ({ client }: Someone) =>
    (await client.follow(await client.post(`${stage.cluster.relyingParty}/courses/refresh`))).status === 200;

  it('sign people in who are at another one at each request, by codes of now', async () => {
    const someone = await people.member({ remember: 'yes' });
    const { claims } = (await someone.claims('courses')) as { claims: Record<string, number> };
    const now = Date.now() / SECONDS;
    expect(Math.abs(now - Number(claims.iat))).toBeLessThan(60);
    expect(Math.abs(now - Number(claims.auth_time))).toBeLessThan(60);
    for (let times = 0; times < 4; times += 1) expect(await refreshed(someone)).toBe(true);
    for (let times = 0; times < 3; times += 1) {
      expect((await someone.begin('library')).url.pathname).toBe('/library');
    }
  });

  it('end at both what is ended at one, and know at once whoever comes back', async () => {
    const { cluster } = stage;
    for (const [one, other] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const someone = await people.member();
      const copies = [one, other].map((name) => people.elsewhere(someone, clientAt(name, someone.client.jar)));
      await cluster.node(one).command('user passwd', [someone.username], {}, 'another battery horse staple');
      for (const copy of copies) expect(asksPassword(await copy.begin('library'))).toBe(true);
      expect(await refreshed(someone)).toBe(false);
      const again = people.elsewhere(someone, clientAt(other));
      const page = await again.password(await again.begin('library'), someone.username, 'another battery horse staple');
      expect(page.url.pathname).toBe('/library');
      expect((await people.elsewhere(again, clientAt(one, again.client.jar)).begin('library')).url.pathname).toBe(
        '/library',
      );
    }
  });

  it('tell how far their machines are off', async () => {
    const { cluster } = stage;
    for (const [name, ahead] of [
      ['a', APART],
      ['b', -APART],
    ] as const) {
      const node = cluster.node(name);
      const told = (await node.metrics()).get('sallyport_clock_offset_seconds');
      expect(Math.abs(Number(told) - ahead)).toBeLessThan(10);
      const way = ahead > 0 ? 'ahead of' : 'behind';
      expect(node.logs.filter(({ message }) => message.includes(`s ${way} the database's`))).toHaveLength(1);
    }
  });
});
