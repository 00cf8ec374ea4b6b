import { describe, expect, it } from 'vitest';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { asksCode, asksPassword, type Scene, type Someone, STORES, stage } from '../support/scene.ts';

/** What the application is answered when it refreshes: nothing, or the error. */
async function refresh(scene: Scene, someone: Someone, application: string): Promise<string> {
  const url = `${scene.gateway.relyingParty}/${application}/refresh`;
  const reply = await someone.client.follow(await someone.client.post(url));
  return reply.status === 200 ? 'refreshed' : reply.text;
}

describe.each(STORES)('ending everything of an account, on the %s store', (_name, options) => {
  const scene = stage(options);

  /** Signed in to two applications in two browsers, both remembered. */
  async function everywhere() {
    const here = await scene.member({ remember: 'yes' });
    const there = scene.elsewhere(here);
    await there.remember(await there.code(await there.enter('courses'), scene.nextCode(here)), 'yes');
    await there.begin('library');
    await here.begin('library');
    // Tokens count in whole seconds: what is revoked in the very second of its issue counts as revoked.
    scene.clock.advance(2 * SECONDS);
    return { here, there };
  }

  async function expectEnded(...browsers: Someone[]) {
    for (const browser of browsers) {
      expect(await browser.subject('library')).toBeUndefined();
      expect(await browser.subject('courses')).toBeUndefined();
      expect(asksPassword(await browser.begin('library'))).toBe(true);
    }
  }

  it('tells their applications, ends sessions and forgets devices when the owner signs out everywhere', async () => {
    const { here, there } = await everywhere();
    expect(await refresh(scene, there, 'courses')).toBe('refreshed');
    const confirm = await here.client.open(`${scene.gateway.url}/account/sign-out-everywhere`);
    const out = await here.client.follow(await here.client.submit(confirm, {}, { action: '/sign-out-everywhere' }));
    expect(out.text).toContain('You’re signed out');
    await expectEnded(here, there);
    scene.clock.advance(2 * SECONDS);
    for (const browser of [here, there]) expect(asksCode(await browser.enter('courses'))).toBe(true);
    expect(scene.audit().filter(({ event }) => event === 'sessions.revoked')).toHaveLength(1);
  });

  it('ends sessions and devices with a new password, and takes the old one no more', async () => {
    const { here, there } = await everywhere();
    await scene.gateway.command('user passwd', [here.username], {}, 'another battery horse staple');
    await expectEnded(here, there);
    const page = await here.begin('courses');
    const wrong = await here.password(page, here.username);
    expect(wrong.text).toContain('The user name or the password isn’t right.');
    scene.clock.advance(2 * SECONDS);
    expect(asksCode(await here.password(wrong, here.username, 'another battery horse staple'))).toBe(true);
  });

  it('ends sessions with a disabled account, and begins none', async () => {
    const { here, there } = await everywhere();
    await scene.gateway.command('user disable', [here.username]);
    await expectEnded(here, there);
    const wrong = await here.enter('library');
    expect(wrong.text).toContain('The user name or the password isn’t right.');
    await scene.gateway.command('user enable', [here.username]);
    scene.clock.advance(2 * SECONDS);
    expect((await here.password(wrong, here.username)).url.pathname).toBe('/library');
  });

  it('stops a sign-in that is under way when the account is disabled', async () => {
    const someone = await scene.member();
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    await scene.gateway.command('user disable', [someone.username]);
    const after = await browser.code(page, scene.nextCode(someone));
    expect(after.url.pathname).toMatch(/^\/sign-in\//);
    expect(await browser.subject('courses')).toBeUndefined();
  });

  it('counts no proof from before in a sign-in that was under way', async () => {
    const someone = await scene.member();
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    scene.clock.advance(1 * MINUTES);
    await scene.gateway.command('user passwd', [someone.username], {}, 'another battery horse staple');
    const after = await browser.code(page, scene.nextCode(someone));
    expect(asksPassword(after)).toBe(true);
    expect(await browser.subject('courses')).toBeUndefined();
  });
});

describe('refresh, where no application could be told', () => {
  const scene = stage(() => ({ config: { allowedPrivateNetworks: [] } }));

  it('is invalid_grant after a sign-out everywhere, a new password, or a disabled account', async () => {
    const ends = [
      async (someone: Someone) => {
        const confirm = await someone.client.open(`${scene.gateway.url}/account/sign-out-everywhere`);
        await someone.client.submit(confirm, {}, { action: '/sign-out-everywhere' });
      },
      (someone: Someone) => scene.gateway.command('user passwd', [someone.username], {}, 'another battery staple'),
      (someone: Someone) => scene.gateway.command('user disable', [someone.username]),
    ];
    for (const end of ends) {
      const someone = await scene.member();
      scene.clock.advance(2 * SECONDS);
      expect(await refresh(scene, someone, 'courses')).toBe('refreshed');
      scene.clock.advance(2 * SECONDS);
      await end(someone);
      // The application doesn't know yet.
      expect(await someone.subject('courses')).toBeDefined();
      expect(await refresh(scene, someone, 'courses')).toContain('invalid_grant');
    }
  });
});
