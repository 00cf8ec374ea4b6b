import { exec } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import radius from '../../src/doors/radius/index.ts';
import type { RadiusClient, RadiusSettings } from '../../src/doors/radius/settings.ts';
import { PASSWORD } from '../support/gateway.ts';
import { appHolder } from '../support/holders.ts';
import { entry, radclient, radiusClient } from '../support/radius.ts';
import { stage } from '../support/scene.ts';

const scene = stage(() => ({
  config: {
    doors: { oidc: {}, radius: { listen: { host: '::', port: 0, accountingPort: 0 } } },
    applications: {
      vpn: {
        name: 'VPN',
        radius: radiusClient({
          clients: ['127.0.0.1', '::1'],
          attributes: [{ name: 'Class', prefix: 'OU=', groups: { staff: 'staff', students: 'students' } }],
        }),
      },
    },
    policy: {
      rules: [
        { name: 'vpn of staff', applications: ['vpn'], level: 'mfa', groups: ['staff'] },
        { name: 'vpn', applications: ['vpn'], level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa' },
      ],
    },
  },
}));

const port = (): number => scene.gateway.doorPorts.portOf('radius', 'access') ?? 0;

describe('radclient', () => {
  it('is accepted with a password where that will do, and is told the group', async () => {
    const someone = await scene.newcomer();
    const { answer, attributes, output } = await radclient(port(), entry(someone.username, PASSWORD));
    expect(answer, output).toBe('Access-Accept');
    expect(attributes.Class).toBe(`0x${Buffer.from('OU=students').toString('hex')}`);
  });

  it('is rejected with a wrong password, and told so', async () => {
    const someone = await scene.newcomer();
    const { answer, attributes } = await radclient(port(), entry(someone.username, 'wrong'));
    expect(answer).toBe('Access-Reject');
    expect(attributes['Reply-Message']).toMatch(/right/);
  });

  it('is challenged for a code, and accepted with it', async () => {
    const someone = await appHolder(scene, { groups: 'staff' });
    const first = await radclient(port(), entry(someone.username, PASSWORD));
    expect(first.answer, first.output).toBe('Access-Challenge');
    expect(first.attributes['Reply-Message']).toBe('Please type the code (Code app): ');
    const State = first.attributes.State ?? '';
    const again = await radclient(port(), entry(someone.username, '000000', { State }));
    expect(again.answer).toBe('Access-Challenge');
    expect(again.attributes['Reply-Message']).toMatch(/^Please try again \(2\)/);
    const code = scene.nextCode(someone);
    const last = await radclient(port(), entry(someone.username, code, { State: again.attributes.State ?? '' }));
    expect(last.answer, last.output).toBe('Access-Accept');
    expect(last.attributes.Class).toBe(`0x${Buffer.from('OU=staff').toString('hex')}`);
  });

  it('comes by IPv6 and by IPv4 to the same port', async () => {
    const someone = await scene.newcomer();
    for (const host of ['[::1]', '127.0.0.1']) {
      const { answer, output } = await radclient(port(), entry(someone.username, PASSWORD), { host });
      expect(answer, output).toBe('Access-Accept');
    }
  });

  it('is accepted by the very line that a demonstration prints', async () => {
    const { username } = await scene.newcomer();
    const { config } = scene.gateway.app.building;
    const settings = config.doors.get('radius') as RadiusSettings;
    const listening = { ...settings, listen: { ...settings.listen, port: port() } };
    const clients = [...config.applications.values()].filter(({ door }) => door === 'radius') as RadiusClient[];
    const [line = ''] = radius.demonstrate?.(clients, listening, { username, typed: PASSWORD }) ?? [];
    // Beside this process, which has to answer it.
    const { promise, resolve } = Promise.withResolvers<string>();
    exec(line, { timeout: 20_000 }, (_, output) => resolve(output));
    expect(await promise).toContain('Received Access-Accept');
  });
});

describe('sallyport radius test', () => {
  const attempt = (args: string[], typed: string, options: Record<string, string> = {}) =>
    scene.gateway.command('radius test', args, options, typed);

  it('goes the way of a sign-in, and says how to go on', async () => {
    const someone = await appHolder(scene, { groups: 'staff' });
    const first = await attempt(['vpn', someone.username], PASSWORD);
    expect(first).toEqual([
      'Asked as 127.0.0.1 would: PAP, with Message-Authenticator.',
      'Answered: Access-Challenge',
      'Shown to the person: Please type the code (Code app): ',
      'Session-Timeout: 300 s',
      expect.stringMatching(`^Go on .*: sallyport radius test vpn ${someone.username} --state [0-9a-f]{32}$`),
    ]);
    const state = first.at(-1)?.split(' ').at(-1) ?? '';
    const last = await attempt(['vpn', someone.username], scene.nextCode(someone), { state });
    expect(last.slice(1)).toEqual(['Answered: Access-Accept', 'Class: OU=staff']);
  });

  it('says what is wrong, and where', async () => {
    const someone = await scene.newcomer();
    await expect(attempt(['vpn', someone.username], 'wrong')).rejects.toThrow(/Access-Reject\nShown to the person: /);
    await expect(attempt(['nothing', 'x'], 'x')).rejects.toThrow('No application nothing uses RADIUS.');
    const elsewhere = attempt(['vpn', 'x'], 'x', { address: '192.0.2.1' });
    await expect(elsewhere).rejects.toThrow(
      /^192\.0\.2\.1 is nobody’s: .* Add it to applications\.vpn\.radius\.clients/,
    );
  });
});
