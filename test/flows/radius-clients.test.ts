import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/boot/config.ts';
import { examine } from '../../src/boot/doctor/index.ts';
import { loadModules } from '../../src/boot/modules.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { text } from '../../src/doors/radius/codec/packet.ts';
import { DAYS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { management } from '../support/management.ts';
import { Concentrator, radiusClient } from '../support/radius.ts';
import { stage } from '../support/scene.ts';

const [OPEN, NEVER, WIDE] = ['127.0.0.2', '127.0.0.3', '127.0.0.0/24'];

const scene = stage(() => ({
  config: {
    doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
    applications: {
      vpn: { name: 'VPN', radius: radiusClient({ pool: ['10.8.0.0/24'] }) },
      open: { name: 'Open', radius: { ...radiusClient({ requireMessageAuthenticator: false }), clients: [OPEN] } },
      never: { name: 'Never', radius: { ...radiusClient(), clients: [NEVER] } },
      wide: { name: 'Wide', radius: { ...radiusClient(), clients: [WIDE] } },
    },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));

let opened: Concentrator[] = [];
async function at(from = '127.0.0.1', secret?: string): Promise<Concentrator> {
  const port = scene.gateway.doorPorts.portOf('radius', 'access') ?? 0;
  const one = await Concentrator.at(port, { from, ...(secret && { secret }) });
  opened.push(one);
  return one;
}
const close = () => {
  for (const one of opened) one.close();
  opened = [];
};
afterAll(close);

const clients = async () => {
  const [, ...rows] = await scene.gateway.command('radius clients');
  return Object.fromEntries(rows.map((row) => row.split('\t')).map(([id, ...cells]) => [id, cells]));
};
const found = async () => {
  const modules = await loadModules();
  const config = loadConfig(`${scene.data}/../config.yaml`, modules, {});
  const told = await examine(config, modules, scene.gateway.now);
  return told.filter(({ about }) => about === 'doors.radius').map((it) => it.text);
};
const troubles = async (): Promise<string[]> => {
  const { text: health } = await management(scene.gateway, '/health');
  const { applications } = JSON.parse(health) as { applications: { application: string; reason: string }[] };
  return applications.map(({ application, reason }) => `${application}: ${reason}`);
};

describe('what is known of a client', () => {
  it('is whether its requests have Message-Authenticator, and outlasts a restart', async () => {
    const { username } = await scene.newcomer();
    expect((await clients()).open).toEqual(['no request yet', 'never', 'never']);
    const before = await at(OPEN);
    expect((await before.ask(before.access(username, PASSWORD, [], { integrity: 'none' }))).code).toBe(
      CODE.accessAccept,
    );
    expect((await clients()).open?.[0]).toMatch(/^not yet: taken without, last 20/);
    close();
    await scene.restart();
    expect((await clients()).open?.[0]).toMatch(/^not yet: taken without, last 20/);
    scene.clock.advance(DAYS);
    const after = await at(OPEN);
    // Every Status-Server has one: it says nothing of requests.
    await after.answered();
    expect((await clients()).open?.[0]).toMatch(/^not yet/);
    await after.ask(after.access(username, PASSWORD));
    const [since, accepted] = (await clients()).open ?? [];
    expect(since).toBe(`since ${accepted}`);
    scene.clock.advance(8 * DAYS);
    await after.ask(after.access(username, PASSWORD));
    expect((await clients()).open?.[0]).toBe(since);
    const { text: metrics } = await management(scene.gateway, '/metrics');
    const last = (application: string, outcome: string) =>
      Number(new RegExp(`last_timestamp_seconds.*"${application}".*"${outcome}".* (\\S+)`).exec(metrics)?.[1]);
    expect(last('open', 'protected')).toBeGreaterThan(last('open', 'unprotected'));
    expect(last('open', 'unprotected')).toBeGreaterThan(0);
    expect(last('vpn', 'protected')).toBe(0);
    expect(await troubles()).toContainEqual(
      expect.stringMatching(/open: all .* since .*: turn requireMessageAuthenticator on/),
    );
  });

  it('is what keeps it from working as it is meant to', async () => {
    const { username } = await scene.newcomer();
    const [vpn, stranger] = [await at(), await at('127.0.0.1', 'another-secret-0123456789-ABCDEF')];
    await vpn.ask(vpn.access(username, PASSWORD));
    expect(await troubles()).toContainEqual('vpn: it sends no accounting, so that its connections count for nothing');
    scene.clock.advance(1_000);
    await vpn.ask(
      vpn.request([
        text(TYPE.userName, username),
        text(TYPE.nasIdentifier, 'g'),
        { type: TYPE.chapPassword, value: Buffer.alloc(17, 1) },
      ]),
    );
    stranger.send(stranger.access(username, PASSWORD));
    await vi.waitFor(async () => {
      const told = (await troubles()).join('\n');
      expect(told).toMatch(/vpn: .*CHAP.*set it to PAP/);
      expect(told).toMatch(/vpn: .*wrong Message-Authenticator.*secrets/);
    });
    scene.clock.advance(1_000);
    await vpn.ask(vpn.access(username, PASSWORD));
    expect((await troubles()).join('\n')).not.toMatch(/CHAP|wrong/);
  });

  it('is told by doctor, with those that never sent anything and addresses of several', async () => {
    await scene.restart();
    const told = (await found()).join('\n');
    expect(told).toMatch(/nothing has ever come from never \(127\.0\.0\.3\)/);
    expect(told).toMatch(/vpn and wide have addresses in common \(127\.0\.0\.1 and 127\.0\.0\.0\/24\)/);
    expect(told).toMatch(/open: all of its requests have had Message-Authenticator since/);
  });
});
