import { afterAll, beforeAll, expect, it } from 'vitest';
import { SallyportError } from '../../src/core/errors.ts';
import type { EphemeralStore } from '../../src/core/store.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { decode, type Packet, text } from '../../src/doors/radius/codec/packet.ts';
import { PASSWORD } from '../support/gateway.ts';
import { Concentrator, radiusClient, told } from '../support/radius.ts';
import { authority, counted, RadsecClient } from '../support/radsec.ts';
import { stage } from '../support/scene.ts';

const ca = await authority();
const server = await ca.issue('radius.example.org', { use: 'server' });
const client = await ca.issue('vpn.example.org');

let isAway = false;
/** A store that can be away. */
const between = (store: EphemeralStore): EphemeralStore =>
  new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) =>
        isAway
          ? Promise.reject(new SallyportError('ERR_STORE_UNAVAILABLE', 'away'))
          : Reflect.apply(value, target, given);
    },
  });

const scene = stage(() => ({
  between,
  config: {
    doors: {
      oidc: {},
      radius: {
        listen: { port: 0, accountingPort: 0, radsecPort: 0 },
        radsec: { cert: server.cert, key: server.key, ca: ca.cert },
      },
    },
    applications: { vpn: { name: 'VPN', radius: radiusClient({ radsec: { names: ['vpn.example.org'] } }) } },
    policy: { rules: [{ name: 'one', level: 'sfa' }] },
  },
}));

const portOf = (name: string): number => scene.gateway.doorPorts.portOf('radius', name) ?? 0;
let udp: Concentrator;
let tls: RadsecClient;
beforeAll(async () => {
  udp = await Concentrator.at(portOf('access'));
  tls = await RadsecClient.connect(portOf('radsec'), { ...client, ca: ca.cert });
});
afterAll(() => {
  udp.close();
  tls.close();
});

it('answers nothing while a store is away, so that clients ask another node, and the same packets afterwards', async () => {
  const someone = await scene.newcomer();
  const status = udp.request([text(TYPE.nasIdentifier, 'gate')], { code: CODE.statusServer });
  const packets = [udp.access(someone.username, PASSWORD), status];
  const overTls = [tls.access(someone.username, PASSWORD), tls.status()];
  isAway = true;
  for (const octets of packets) udp.send(octets);
  tls.send(...overTls);
  await expect.poll(() => counted(scene.gateway, 'unavailable')).toBe(4);
  isAway = false;
  for (const octets of packets) {
    const answer = decode(await udp.reply(octets)) as Packet;
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);
  }
  for (const octets of overTls) expect((await tls.ask(octets))?.code).toBe(CODE.accessAccept);
  // None was answered meanwhile: each was heard once.
  expect(await udp.answered()).toEqual([]);
  expect(scene.gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
});
