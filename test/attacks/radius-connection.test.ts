import { describe, expect, it, vi } from 'vitest';
import { Client } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { asksCode } from '../support/scene.ts';
import { STATUS } from '../support/vpn.ts';
import { vpnStage } from '../support/vpn-scene.ts';

const { scene, vpn, browserAt, asked, connected } = vpnStage();

describe('a second factor at the VPN', () => {
  it('counts for a browser of the same account that comes through it, as mfa, and is told', async () => {
    const { someone, framed } = await connected();
    expect(await asked(someone, '198.51.100.7')).toBe(true);
    const browser = browserAt(someone, framed);
    await browser.enter('courses');
    const { claims } = ((await browser.claims('courses')) ?? {}) as { claims?: Record<string, unknown> };
    expect(claims).toMatchObject({ acr: 'https://refeds.org/profile/mfa', amr: ['mfa', 'pwd'] });
    const account = await accountOf(scene, someone);
    const row = scene.audit().find(({ event, account: of }) => event === 'connection.counted' && of === account);
    expect(JSON.parse(row?.detail ?? '{}')).toMatchObject({ by: 'vpn', ip: framed, proven: expect.any(String) });

    // Its owner reads why nothing more was asked.
    await vi.waitFor(async () => {
      const page = await someone.client.open(`${scene.gateway.url}/account`);
      expect(page.text).toMatch(/with your sign-in to Campus VPN on \d+ \w+ \d+/);
    });
    const explained = (ip: string) =>
      scene.gateway.command('policy explain', [], { account: someone.username, application: 'courses', ip });
    expect((await explained(framed)).join('\n')).toMatch(
      /Connected through vpn at .*stands for the second factor until/,
    );
    expect((await explained('198.51.100.7')).join('\n')).toMatch(/No live connection of theirs has 198\.51\.100\.7/);
  });

  it('counts for nobody else there, and for nobody who only says that they are', async () => {
    const { someone, framed } = await connected();
    const liar = scene.elsewhere(someone, new Client({ headers: { 'x-forwarded-for': framed } }));
    expect(asksCode(await liar.enter('courses'))).toBe(true);
    expect(await asked(await appHolder(scene), framed)).toBe(true);
    expect(await asked(someone, framed, 'payroll')).toBe(true);
  });

  it('counts for neither of two live sessions with one address', async () => {
    const first = await connected();
    const second = await connected(vpn(), { framed: first.framed });
    expect(await asked(first.someone, first.framed)).toBe(true);
    expect(await asked(second.someone, first.framed)).toBe(true);
  });

  it('counts while interim updates come, and by none that is played back', async () => {
    const { someone, ...its } = await connected();
    scene.clock.advance(5 * MINUTES);
    const recorded = await vpn().tell(STATUS.interim, someone.username, { ...its, lasted: 300 });
    scene.clock.advance(16 * MINUTES);
    await vpn().replay(recorded);
    expect(await asked(someone, its.framed)).toBe(true);
    await vpn().tell(STATUS.interim, someone.username, { ...its, lasted: 21 * 60 });
    expect(await asked(someone, its.framed)).toBe(false);
  });
});
