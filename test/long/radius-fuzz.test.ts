import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomRequest } from '../../src/doors/radius/codec/authenticity.ts';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { encode, text } from '../../src/doors/radius/codec/packet.ts';
import { PASSWORD } from '../support/gateway.ts';
import { Concentrator, radiusClient, SECRET, told } from '../support/radius.ts';
import { stage } from '../support/scene.ts';

const MALFORMED = 10_000;

const scene = stage(() => ({
  config: {
    doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 }, rate: 100_000 } },
    applications: { vpn: { name: 'VPN', radius: radiusClient() } },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));

let vpn: Concentrator;
beforeAll(async () => {
  vpn = await Concentrator.at(scene.gateway.doorPorts.portOf('radius', 'access') ?? 0);
});
afterAll(() => vpn.close());

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const octets = (min: number, max: number) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes));
const attributes = fc.array(fc.record({ type: fc.integer({ min: 1, max: 255 }), value: octets(0, 253) }), {
  maxLength: 8,
});
const head = fc.record({
  code: fc.constantFrom(1, 1, 1, 4, 12, 40, 200),
  identifier: fc.integer({ min: 0, max: 254 }),
  authenticator: octets(16, 16),
});
/** Anything; packets of any attributes without integrity; and such with a right one that then had octets changed. */
const packets = fc.oneof(
  octets(0, 300),
  fc.tuple(head, attributes).map(([it, some]) => encode(it, some)),
  fc.tuple(head, attributes, fc.nat(4_095), fc.integer({ min: 1, max: 255 })).map(([it, some, at, by]) => {
    const own = some.filter(({ type }) => type !== TYPE.messageAuthenticator);
    const packet = randomRequest(CODE.accessRequest, it, [text(TYPE.userName, 'nobody'), ...own], SECRET);
    const place = at % packet.length;
    packet.writeUInt8(packet.readUInt8(place) ^ by, place);
    return packet;
  }),
);

it('drops 10,000 malformed packets without an answer, an error or anything kept', async () => {
  const someone = await scene.newcomer();
  const made = fc.sample(packets, MALFORMED);
  const bunches = Array.from({ length: MALFORMED / 100 }, (_, at) => made.slice(at * 100, at * 100 + 100));
  // What is made once, as the log's first lines, is made by then.
  for (const bunch of bunches.slice(0, 10)) expect(await vpn.answered(...bunch)).toEqual([]);
  const before = heap();
  for (const bunch of bunches.slice(10)) expect(await vpn.answered(...bunch)).toEqual([]);
  expect(heap() - before).toBeLessThan(8 * 1024 * 1024);
  expect(scene.gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  const answer = await vpn.ask(vpn.access(someone.username, PASSWORD));
  expect(answer.code, told(answer)).toBe(CODE.accessAccept);
});
