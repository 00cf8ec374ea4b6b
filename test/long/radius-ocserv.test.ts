import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { appHolder } from '../support/holders.ts';
import { startOcserv, type Vpn } from '../support/ocserv.ts';
import { freePort } from '../support/ports.ts';
import { SECRET } from '../support/radius.ts';
import { authority } from '../support/radsec.ts';
import { stage } from '../support/scene.ts';

const ca = await authority();
const server = await ca.issue('radius.example.org', { use: 'server' });
const own = await ca.issue('vpn.example.org', { use: 'server' });
const client = await ca.issue('vpn.example.org');
const FROM = '127.0.0.4';

const scene = stage(() => ({
  config: {
    doors: {
      oidc: {},
      radius: {
        listen: { port: 0, accountingPort: 0, radsecPort: 0 },
        radsec: { cert: server.cert, key: server.key, ca: ca.cert },
      },
    },
    applications: {
      // Debian 12's radcli sends no Message-Authenticator.
      udp: { name: 'VPN', radius: { clients: [FROM], secret: SECRET, requireMessageAuthenticator: false } },
      tls: { name: 'VPN over TLS', radius: { clients: ['127.0.0.1'], radsec: { names: ['vpn.example.org'] } } },
    },
    policy: { rules: [{ name: 'two steps', level: 'mfa' }] },
  },
}));

const portOf = (name: string): number => scene.gateway.doorPorts.portOf('radius', name) ?? 0;

describe.each(['udp', 'tls'])('ocserv with OpenConnect, over %s', (way) => {
  let vpn: Vpn;
  beforeAll(async () => {
    vpn = await startOcserv({
      port: await freePort(),
      own: { ...own, ca: ca.cert },
      radius:
        way === 'udp'
          ? { port: portOf('access'), secret: SECRET, from: FROM }
          : { port: portOf('radsec'), tls: { ...client, ca: ca.cert } },
    });
  });
  afterAll(() => vpn?.stop());

  it('is in with the password and the code, which stand in two fields, and once more after a wrong one', async () => {
    const someone = await appHolder(scene);
    const first = await vpn.enter(someone.username, PASSWORD, scene.nextCode(someone));
    expect(first.in, `${first.shown}\n${vpn.said()}`).toBe(true);
    expect(first.shown).toContain('Please type the code (Code app): ');
    const second = await vpn.enter(someone.username, PASSWORD, '000000', scene.nextCode(someone));
    expect(second.in, second.shown).toBe(true);
    expect(second.shown).toContain('Please try again (2)');
  });

  it('is not with a wrong password', async () => {
    const someone = await appHolder(scene);
    const { in: opened } = await vpn.enter(someone.username, 'wrong');
    expect(opened).toBe(false);
  });
});
