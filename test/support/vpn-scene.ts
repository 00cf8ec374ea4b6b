import { afterAll, beforeAll, expect } from 'vitest';
import { Client } from './client.ts';
import { appHolder } from './holders.ts';
import { radiusClient } from './radius.ts';
import { asksCode, type Someone, stage } from './scene.ts';
import { PROXY, STATUS, type Told, Vpn } from './vpn.ts';

/** Addresses of clients: one that takes requests without Message-Authenticator, one with another pool, one with none. */
export const [OPEN, OTHER, BARE] = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;

const POOL = ['10.8.0.0/24', '2001:db8:8::/48'];

/** People who are connected by VPNs, and applications behind them, in one gateway for a file of tests. */
export function vpnStage() {
  const scene = stage(() => ({
    config: {
      trustedProxies: [PROXY],
      doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
      applications: {
        vpn: { name: 'Campus VPN', radius: radiusClient({ pool: POOL }) },
        open: {
          name: 'Old VPN',
          radius: { ...radiusClient({ pool: ['10.9.0.0/24'], requireMessageAuthenticator: false }), clients: [OPEN] },
        },
        other: { name: 'Other VPN', radius: { ...radiusClient({ pool: ['10.10.0.0/24'] }), clients: [OTHER] } },
        bare: { name: 'VPN without pool', radius: { ...radiusClient(), clients: [BARE] } },
      },
      networks: { campus: ['192.0.2.0/24'], kiosks: { ranges: ['10.8.0.250/32'], shared: true } },
      policy: {
        rules: [
          { name: 'VPN', applications: ['vpn', 'open', 'other', 'bare'], notNetworks: ['campus'], level: 'mfa' },
          { name: 'one step on campus', applications: ['vpn'], networks: ['campus'], level: 'sfa' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '12h', connection: '12h' },
          { name: 'always', applications: ['courses'], groups: ['strict'], remember: 'never' },
          { name: 'no connection', applications: ['courses'], groups: ['never'], connection: 'never' },
          { name: 'keys', applications: ['payroll'], groups: ['ward'], level: 'phr', connection: '12h' },
          { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: '12h' },
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
        ],
      },
    },
  }));

  const opened: Vpn[] = [];
  let vpn: Vpn;
  async function at(from?: string): Promise<Vpn> {
    const one = await Vpn.of(scene, from);
    opened.push(one);
    return one;
  }
  beforeAll(async () => {
    vpn = await at();
  });
  afterAll(() => {
    for (const one of opened) one.close();
  });

  /** Addresses and names of sessions that no other test has. */
  let last = 10;
  function session(): Required<Pick<Told, 'id' | 'framed'>> {
    last += 1;
    return { id: `s${last}`, framed: `10.8.0.${last}` };
  }

  /** A browser whose address is told by the proxy that is trusted. */
  const from = (address: string) => new Client({ localAddress: PROXY, headers: { 'x-forwarded-for': address } });
  const browserAt = (someone: Someone, address: string) => scene.elsewhere(someone, from(address));
  /** Whether the second step is asked for after the password. */
  async function asked(someone: Someone, address: string, application = 'courses'): Promise<boolean> {
    const other = browserAt(someone, address);
    const page = await other.enter(application);
    if (asksCode(page)) return true;
    expect(await other.claims(application), page.text).toBeDefined();
    return false;
  }

  /** Somebody connected: accepted with a code, and told of by accounting. */
  async function connected(at: Vpn = vpn, { groups = 'students', ...told }: Partial<Told> & { groups?: string } = {}) {
    const someone = await appHolder(scene, { groups });
    const its = { ...session(), ...told };
    await at.signIn(someone);
    await at.tell(STATUS.start, someone.username, its);
    return { someone, ...its };
  }

  return { scene, at, vpn: () => vpn, session, browserAt, asked, connected };
}
