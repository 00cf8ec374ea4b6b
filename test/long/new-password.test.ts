import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY } from '../browser/scene.ts';
import { Visitor } from '../browser/visitor.ts';
import { PASSWORD } from '../support/gateway.ts';

afterAll(closeBrowser);

describe('how easily a new password is guessed', JOURNEY, () => {
  const scene = browserScene(() => ({
    config: {
      passwordPolicy: { profiles: { vpn: { groups: ['vpn'], characters: 'printable-ascii', bytes: 112 } } },
    },
  }));

  /** At the page for a new password, with all that is asked for from there on. */
  async function choosing(username: string): Promise<{ me: Visitor; asked: string[] }> {
    await scene.gateway.command('user add', [username], { groups: 'vpn', keep: false }, PASSWORD);
    const me = await Visitor.arrive(scene.gateway);
    await me.open('library');
    await me.password(username);
    await me.page.locator('#next').waitFor();
    const asked: string[] = [];
    me.page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    return { me, asked };
  }

  it('is told while it is typed, and nobody else', async () => {
    const { me, asked } = await choosing('ada');
    const told = me.page.locator('.strength [role=status]');
    const field = me.page.locator('#next');
    expect(await told.isVisible()).toBe(false);
    await field.pressSequentially('woaini1314');
    await expect.poll(() => told.innerText()).toBe('Easy to guess.');
    await field.fill('vier verirrte Igel 7 essen');
    await expect.poll(() => told.innerText()).toBe('Very hard to guess.');
    // No longer than what is looked at: nothing takes time by its length.
    await field.fill('ab'.repeat(500));
    await expect.poll(() => told.innerText()).not.toBe('Very hard to guess.');
    // Of all that is typed, and not only of what is reckoned with.
    for (const typed of ['四個互不相干的詞和一些別的東西', `${'a b c d '.repeat(9)}é`]) {
      await field.fill(typed);
      await expect.poll(() => told.innerText()).toContain('VPN clients carry nothing else');
      await field.fill('vier verirrte Igel 7 essen');
      await expect.poll(() => told.innerText()).toBe('Very hard to guess.');
    }
    await field.fill('a b c d '.repeat(14));
    await expect.poll(() => told.innerText()).toContain('guess');
    await field.fill(`${'a b c d '.repeat(14)}e`);
    await expect.poll(() => told.innerText()).toBe('That is too long. Use at most 112 characters.');
    await field.fill('');
    await expect.poll(() => told.isVisible()).toBe(false);
    expect(await me.faults()).toEqual([]);
    expect(asked.sort()).toEqual([
      'GET /assets/strength-worker.js',
      'GET /assets/zxcvbn/common.js',
      'GET /assets/zxcvbn/core.js',
    ]);
    await me.leave();
  });

  it('is told by a worker that no other page may start', async () => {
    const policies = await Promise.all(
      ['/', '/account'].map(async (path) =>
        (await fetch(`${scene.gateway.url}${path}`)).headers.get('content-security-policy'),
      ),
    );
    for (const policy of policies) expect(policy).toContain("worker-src 'none'");
    const { me } = await choosing('bob');
    const page = await me.page.reload();
    expect(page?.headers()['content-security-policy']).toContain("worker-src 'self'");
    await me.leave();
  });
});
