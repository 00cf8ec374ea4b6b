import { describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { appHolder } from '../support/holders.ts';
import { entry, radclient, radiusClient } from '../support/radius.ts';
import { stage } from '../support/scene.ts';

const scene = stage(() => ({
  config: {
    doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
    applications: {
      vpn: {
        name: 'VPN',
        radius: radiusClient({
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
    expect(first.attributes['Reply-Message']).toBe('Please type the code (Authenticator app): ');
    const State = first.attributes.State ?? '';
    const again = await radclient(port(), entry(someone.username, '000000', { State }));
    expect(again.answer).toBe('Access-Challenge');
    expect(again.attributes['Reply-Message']).toMatch(/^Please try again \(2\)/);
    const code = scene.nextCode(someone);
    const last = await radclient(port(), entry(someone.username, code, { State: again.attributes.State ?? '' }));
    expect(last.answer, last.output).toBe('Access-Accept');
    expect(last.attributes.Class).toBe(`0x${Buffer.from('OU=staff').toString('hex')}`);
  });
});
