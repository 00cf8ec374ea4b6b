import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODE, TYPE } from '../../src/doors/radius/codec/numbers.ts';
import { type Attribute, type Packet, text } from '../../src/doors/radius/codec/packet.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf, appHolder, numberHolder } from '../support/holders.ts';
import { report } from '../support/not-me.ts';
import { newestCode, OUTBOX, outbox } from '../support/outbox.ts';
import { phones, startPushService, withPhones } from '../support/phones.ts';
import { Concentrator, radiusClient, stateOf, told } from '../support/radius.ts';
import { stage } from '../support/scene.ts';

const service = await startPushService({ now: () => Date.now() });
afterAll(() => service.close());

const SOLE = '127.0.0.2';
const CHINESE = '127.0.0.3';

const scene = stage(() => ({
  config: {
    ...OUTBOX,
    factors: { ...withPhones(service).factors, sms: OUTBOX.factors.sms },
    doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
    applications: {
      vpn: { name: 'VPN', radius: radiusClient() },
      blind: { name: 'Blind', radius: { ...radiusClient({ challenge: false }), clients: [SOLE] } },
      chinese: { name: 'Chinese', radius: { ...radiusClient({ locale: 'zh-Hant' }), clients: [CHINESE] } },
    },
    policy: { rules: [{ name: 'two steps', level: 'mfa' }] },
  },
}));
const { owner } = phones(scene, () => service);

const port = (): number => scene.gateway.doorPorts.portOf('radius', 'access') ?? 0;
let vpn: Concentrator;
beforeAll(async () => {
  vpn = await Concentrator.at(port());
});
afterAll(() => vpn.close());

const station = (address: string): Attribute => text(TYPE.callingStationId, address);
const asks = (username: string, typed: string, more: readonly Attribute[] = []): Promise<Packet> =>
  vpn.ask(vpn.access(username, typed, more));

const withNumber = () => numberHolder(scene);

describe('a text message', () => {
  it('is sent once, and its code opens', async () => {
    const { someone, number } = await withNumber();
    const before = (await outbox(scene.gateway, number)).length;
    const challenge = await asks(someone.username, PASSWORD);
    expect([challenge.code, told(challenge)]).toEqual([11, 'Please type the code (Text message): ']);
    expect(await outbox(scene.gateway, number)).toHaveLength(before + 1);
    const code = await newestCode(scene.gateway, number);
    const answer = await asks(someone.username, code, [stateOf(challenge)]);
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);
    expect(await outbox(scene.gateway, number)).toHaveLength(before + 1);
  });

  it('is good for three minutes, and another one comes for 0', async () => {
    const { someone, number } = await withNumber();
    const challenge = await asks(someone.username, PASSWORD);
    const old = await newestCode(scene.gateway, number);
    scene.clock.advance(3 * MINUTES + SECONDS);
    const late = await asks(someone.username, old, [stateOf(challenge)]);
    expect(late.code).toBe(CODE.accessChallenge);
    const again = await asks(someone.username, '0', [stateOf(late)]);
    expect(again.code).toBe(CODE.accessChallenge);
    const fresh = await newestCode(scene.gateway, number);
    expect(fresh).not.toBe(old);
    expect((await asks(someone.username, fresh, [stateOf(again)])).code).toBe(CODE.accessAccept);
  });
});

describe('a phone', () => {
  it('is shown a number in the text, and opens once it was typed there', async () => {
    const { someone, phone } = await owner();
    const challenge = await asks(someone.username, PASSWORD);
    const [, number = ''] = /^Please type (\d+) on your phone, then OK here: $/.exec(told(challenge)) ?? [];
    const early = await asks(someone.username, 'OK', [stateOf(challenge)]);
    expect(told(early)).toBe(`Please type ${number} on your phone first, then OK here (2): `);
    expect((await phone.approve(number)).status).toBe(200);
    const answer = await asks(someone.username, 'OK', [stateOf(early)]);
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);
  });

  it('ends it by "not me", and holds the account', async () => {
    const { someone, phone } = await owner();
    const challenge = await asks(someone.username, PASSWORD);
    expect((await phone.decline('not-me')).status).toBe(200);
    const answer = await asks(someone.username, 'OK', [stateOf(challenge)]);
    expect([answer.code, told(answer)]).toEqual([CODE.accessReject, 'This sign-in has ended. Please begin again.']);
    const account = await accountOf(scene, someone);
    expect(scene.audit().some((row) => row.event === 'push.denied' && row.account === account)).toBe(true);
  });

  it('can be asked again after it was cancelled', async () => {
    const { someone, phone } = await owner();
    const challenge = await asks(someone.username, PASSWORD);
    await phone.decline('cancel');
    const cancelled = await asks(someone.username, 'OK', [stateOf(challenge)]);
    expect(told(cancelled)).toBe('Please answer OK to ask your phone again (2): ');
    scene.clock.advance(2 * MINUTES);
    const again = await asks(someone.username, 'OK', [stateOf(cancelled)]);
    const [, number = ''] = /type (\d+) on/.exec(told(again)) ?? [];
    await phone.approve(number);
    expect((await asks(someone.username, 'ok', [stateOf(again)])).code).toBe(CODE.accessAccept);
  });

  it('is asked nothing where no number can be shown', async () => {
    const { someone, subscriber } = await owner();
    const before = subscriber.messages.length;
    const blind = await Concentrator.at(port(), { from: SOLE });
    const answer = await blind.ask(blind.access(someone.username, PASSWORD));
    expect(answer.code).toBe(CODE.accessReject);
    expect(subscriber.messages).toHaveLength(before);
    blind.close();
  });
});

describe('a digit', () => {
  it('chooses another method, which the text lists', async () => {
    const { someone, phone } = await owner();
    const page = await someone.client.open(`${scene.gateway.url}/account/methods/add/totp`);
    await someone.enrol(page);
    const challenge = await asks(someone.username, PASSWORD);
    expect(told(challenge)).toBe('Please type the code (Code app) or 1 (Phone approval): ');
    const switched = await asks(someone.username, '1', [stateOf(challenge)]);
    const [, number = ''] = /type (\d+) on your phone/.exec(told(switched)) ?? [];
    await phone.approve(number);
    expect((await asks(someone.username, 'OK', [stateOf(switched)])).code).toBe(CODE.accessAccept);
  });
});

describe('who can’t go on here', () => {
  it('is told the page: nobody enrols, and no password is changed', async () => {
    const newcomer = await scene.newcomer();
    const none = await asks(newcomer.username, PASSWORD);
    expect([none.code, told(none)]).toEqual([3, expect.stringContaining(`${scene.gateway.url}/enrol`)]);
    const held = await appHolder(scene);
    await report(scene, held);
    const challenge = await asks(held.username, PASSWORD);
    const answer = await asks(held.username, scene.nextCode(held), [stateOf(challenge)]);
    expect([answer.code, told(answer)]).toEqual([3, expect.stringContaining(`${scene.gateway.url}/account`)]);
  });

  it('reads the language of the client', async () => {
    const someone = await appHolder(scene);
    const chinese = await Concentrator.at(port(), { from: CHINESE });
    const challenge = await chinese.ask(chinese.access(someone.username, PASSWORD));
    expect(told(challenge)).toMatch(/^請輸入驗證碼（.+）：$/);
    expect(Buffer.byteLength(told(challenge))).toBeLessThanOrEqual(80);
    chinese.close();
  });
});

describe('a new packet after a time-out', () => {
  const HERE = station('203.0.113.20');

  it('joins what is under way: no second message, and the code of the first one opens', async () => {
    const { someone, number } = await withNumber();
    const first = await asks(someone.username, PASSWORD, [HERE]);
    const sent = await outbox(scene.gateway, number);
    const second = await asks(someone.username, PASSWORD, [HERE]);
    expect(second.code).toBe(CODE.accessChallenge);
    expect(await outbox(scene.gateway, number)).toEqual(sent);
    const code = await newestCode(scene.gateway, number);
    // What it joined is no way in any more.
    expect((await asks(someone.username, code, [HERE, stateOf(first)])).code).toBe(CODE.accessReject);
    expect((await asks(someone.username, code, [HERE, stateOf(second)])).code).toBe(CODE.accessAccept);
  });

  it('joins a request that is on the phone, with the same number', async () => {
    const { someone, phone } = await owner();
    const [first, second] = [
      await asks(someone.username, PASSWORD, [HERE]),
      await asks(someone.username, PASSWORD, [HERE]),
    ];
    expect(told(second)).toBe(told(first));
    const [, number = ''] = /type (\d+) on/.exec(told(second)) ?? [];
    await phone.approve(number);
    expect((await asks(someone.username, 'OK', [HERE, stateOf(second)])).code).toBe(CODE.accessAccept);
  });

  it('joins nothing with a wrong password, and takes nothing from what is under way', async () => {
    const { someone, number } = await withNumber();
    const first = await asks(someone.username, PASSWORD, [HERE]);
    expect((await asks(someone.username, 'wrong', [HERE])).code).toBe(CODE.accessReject);
    const code = await newestCode(scene.gateway, number);
    expect((await asks(someone.username, code, [HERE, stateOf(first)])).code).toBe(CODE.accessAccept);
  });

  it.each([
    ['from another station', [station('203.0.113.21')]],
    ['that says nothing of a station', []],
  ])('joins nothing %s: who has the password doesn’t get what the phone approves', async (_, more) => {
    const { someone, phone } = await owner();
    const first = await asks(someone.username, PASSWORD, [HERE]);
    const thief = await asks(someone.username, PASSWORD, more);
    const [, number = ''] = /type (\d+) on/.exec(told(first)) ?? [];
    await phone.approve(number);
    expect((await asks(someone.username, 'OK', [HERE, stateOf(first)])).code).toBe(CODE.accessAccept);
    if (thief.code === CODE.accessChallenge) {
      expect((await asks(someone.username, 'OK', [...more, stateOf(thief)])).code).not.toBe(CODE.accessAccept);
    }
  });

  it('of several at once opens one, and the message goes out once', async () => {
    const { someone, number } = await withNumber();
    const before = (await outbox(scene.gateway, number)).length;
    const heard = await vpn.answered(
      ...Array.from({ length: 5 }, () => vpn.access(someone.username, PASSWORD, [HERE])),
    );
    while (heard.length === 0) heard.push(await vpn.next());
    expect(await outbox(scene.gateway, number)).toHaveLength(before + 1);
  });
});
