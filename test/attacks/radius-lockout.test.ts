import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryModule } from '../../src/core/directory.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { text } from '../../src/doors/radius/codec/packet.ts';
import { campus } from '../support/campus.ts';
import { Client } from '../support/client.ts';
import { PASSWORD } from '../support/gateway.ts';
import { Concentrator, radiusClient } from '../support/radius.ts';
import { Someone, stage } from '../support/scene.ts';

const OPEN = '127.0.0.2';
const HOME = '203.0.113.77';
/** What the directory locks an account at by itself. */
const THRESHOLD = 10;

/** A directory that locks by itself, and counts each wrong password that gets there. */
const there = campus();
const wrong = new Map<string, number>();
const locking: DirectoryModule = {
  ...there.module,
  create(settings, ports) {
    const directory = there.module.create(settings, ports);
    return {
      ...directory,
      lockout: async () => ({ failures: THRESHOLD, window: 1_800_000 }),
      async verifyPassword(key, password) {
        const verdict = await directory.verifyPassword(key, password);
        if (verdict === 'wrong' && key !== undefined) wrong.set(key, (wrong.get(key) ?? 0) + 1);
        return verdict;
      },
    };
  },
};

const scene = stage(() => ({
  directories: [locking],
  config: {
    directories: { local: {}, campus: {} },
    doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
    applications: {
      vpn: { name: 'VPN', radius: radiusClient() },
      open: { name: 'Open', radius: { ...radiusClient({ requireMessageAuthenticator: false }), clients: [OPEN] } },
    },
    lockout: { failures: 8, perAddress: { failures: 25 } },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));

let [vpn, open]: Concentrator[] = [];
beforeAll(async () => {
  const port = scene.gateway.doorPorts.portOf('radius', 'access') ?? 0;
  vpn = await Concentrator.at(port);
  open = await Concentrator.at(port, { from: OPEN });
});
afterAll(() => {
  for (const one of [vpn, open]) one?.close();
});

let people = 0;
function somebody(): string {
  people += 1;
  const key = `colleague${people}`;
  there.add({ key });
  return key;
}

async function asked(name: string, typed: string, { at = vpn, station = HOME } = {}): Promise<number | undefined> {
  return (await at?.ask(at.access(name, typed, [text(TYPE.callingStationId, station)])))?.code;
}
/** Wrong passwords on the web, each in a browser that nobody knows. */
async function guessed(name: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const stranger = new Someone(scene.gateway, name, new Client({ localAddress: '127.0.0.66' }));
    await stranger.password(await stranger.begin('library'), name, `no ${time}`);
  }
}

describe('strangers on the web', () => {
  it('lock neither the VPN to whoever came that way before, nor let anybody else in there', async () => {
    const name = somebody();
    expect(await asked(name, PASSWORD)).toBe(CODE.accessAccept);
    await guessed(name, 9);
    const owner = new Someone(scene.gateway, name);
    expect((await owner.enter('library')).text).toMatch(/minute/);
    expect(await asked(name, PASSWORD)).toBe(CODE.accessAccept);
    // From another place, or where anybody could say that it is this one, they are strangers as well.
    expect(await asked(name, PASSWORD, { station: '203.0.113.78' })).toBe(CODE.accessReject);
    expect(await asked(name, PASSWORD, { at: open })).toBe(CODE.accessReject);
  });

  it('get no budget at the VPN for themselves by a station that the account came from', async () => {
    const name = somebody();
    expect(await asked(name, PASSWORD)).toBe(CODE.accessAccept);
    for (let time = 0; time < 20; time += 1) await asked(name, `guess ${time}`, { station: '203.0.113.79' });
    expect(await asked(name, PASSWORD, { station: '203.0.113.79' })).toBe(CODE.accessReject);
    expect(await asked(name, PASSWORD)).toBe(CODE.accessAccept);
  });
});

describe('a directory that locks by itself', () => {
  it('sees fewer wrong passwords of one account than that takes, through whichever doors and budgets', async () => {
    const name = somebody();
    expect(await asked(name, PASSWORD)).toBe(CODE.accessAccept);
    expect(await asked(name, PASSWORD, { station: '203.0.113.80' })).toBe(CODE.accessAccept);
    await guessed(name, 12);
    for (const station of [HOME, '203.0.113.80', '203.0.113.81']) {
      for (let time = 0; time < 12; time += 1) {
        await asked(name, `no ${time}`, { station });
        await asked(name, `no ${time}`, { station, at: open });
      }
    }
    expect(wrong.get(name)).toBe(THRESHOLD - 1);
  });
});

describe('a concentrator', () => {
  it('has no budget: wrong passwords of many people there count for none of them, nor for its address', async () => {
    const victim = somebody();
    for (let one = 0; one < 30; one += 1) await asked(somebody(), 'wrong', { at: open, station: `198.51.100.${one}` });
    expect(await asked(victim, PASSWORD, { at: open })).toBe(CODE.accessAccept);
    const browser = new Someone(scene.gateway, victim, new Client({ localAddress: OPEN }));
    expect((await browser.enter('library')).url.pathname).toBe('/library');
  });
});
