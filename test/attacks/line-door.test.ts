import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Caller } from '../../src/core/journey.ts';
import type { Answer } from '../../src/core/prompt.ts';
import { Client } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { lineDoor } from '../support/line-door.ts';
import { report } from '../support/not-me.ts';
import { phones, startPushService, withPhones } from '../support/phones.ts';
import { type Someone, stage } from '../support/scene.ts';

const service = await startPushService({ now: () => Date.now() });
afterAll(() => service.close());
const folder = mkdtempSync(join(tmpdir(), 'sallyport-line-'));
afterAll(() => rmSync(folder, { recursive: true }));
const door = lineDoor();

const application = (name: string) => ({ name, line: {} });
const scene = stage(() => ({
  doors: [door.module],
  config: {
    doors: { oidc: {}, line: { socket: join(folder, 'door') } },
    factors: { ...withPhones(service).factors, fido2: {}, tap: {} },
    strangers: { perAddress: 256 },
    lockout: { failures: 8, duration: '30m', inARow: 20 },
    applications: { vpn: application('VPN'), vault: application('Vault') },
    policy: {
      rules: [
        { name: 'library and vpn', applications: ['library', 'vpn'], level: 'sfa' },
        { name: 'courses', applications: ['courses', 'vault'], level: 'mfa', remember: '30d' },
      ],
    },
  },
}));
const { owner } = phones(scene, () => service);
const PRESENTS = ['secret', 'code', 'number', 'wait'] as const;

let addresses = 0;
/** Somebody who asks from an address of nobody else's. */
const caller = (): Caller => {
  addresses += 1;
  return { ip: `203.0.${100 + Math.floor(addresses / 250)}.${1 + (addresses % 250)}` };
};

const begin = (applicationId: string, from: Caller) =>
  door.ports.journey.begin({ application: applicationId, presents: PRESENTS, from });

/** Past the password. */
async function entered(applicationId: string, { username }: Pick<Someone, 'username'>, from = caller()) {
  const { journey } = door.ports;
  const { id, step } = await begin(applicationId, from);
  const next = await journey.answer(id, from, { username, password: PASSWORD }, step.nonce);
  return {
    id,
    from,
    first: step,
    next,
    answer: (it: Answer, nonce = next.nonce) => journey.answer(id, from, it, nonce),
  };
}

describe('fields of answers to other steps', () => {
  const FIELDS: Answer[] = [
    { skip: 'yes' },
    { optional: 'yes', skip: 'yes' },
    { remember: 'yes' },
    { suggest: 'yes' },
    { lost: 'yes' },
    { account: 'other' },
    { account: 'this' },
    { next: 'another password of mine' },
    { restart: '1' },
    { resend: '1' },
    { factor: 'fido2' },
    { factor: 'totp' },
    { factor: '__proto__' },
    { method: 'fido2' },
    { method: 'password' },
    { method: 'push' },
    { choice: 'yes' },
  ];

  let shared: Promise<Someone> | undefined;

  it.each(FIELDS)('lead nowhere: %o', async (fields) => {
    shared ??= appHolder(scene);
    const someone = await shared;
    const { rooms } = scene.gateway.app;
    const account = await accountOf(scene, someone);
    const before = await rooms.credentials.ofAccount(account);
    const from = caller();
    const { id, step } = await begin('vault', from);
    const opened = await door.ports.journey.answer(id, from, fields, step.nonce);
    expect(opened).toMatchObject({ kind: 'prompt', second: false });
    const second = await door.ports.journey.answer(
      id,
      from,
      { ...fields, username: someone.username, password: PASSWORD },
      opened.nonce,
    );
    expect(second).toMatchObject({ kind: 'prompt', second: true, factor: 'totp' });
    const third = await door.ports.journey.answer(id, from, fields, second.nonce);
    expect(third).toMatchObject({ kind: 'prompt', second: true, factor: 'totp' });
    expect(await rooms.credentials.ofAccount(account)).toEqual(before);
    expect(await rooms.devices.list(account)).toEqual([]);
  });
});

/** What is kept of sign-ins that have begun, as it lies in the file. */
function left() {
  const file = new DatabaseSync(join(scene.data, 'ephemeral.db'), { readOnly: true });
  const count = (keys: string) =>
    Number(
      file.prepare('SELECT count(*) AS n FROM entries WHERE key LIKE ? AND expires > ?').get(`${keys}:{%`, Date.now())
        ?.n,
    );
  try {
    return { journeys: count('journey'), states: count('sign-in') };
  } finally {
    file.close();
  }
}

describe('what a stranger leaves', () => {
  it('is gone in half an hour, or counted', async () => {
    const { journey } = door.ports;
    const from = caller();
    const kept: { id: string; nonce: string }[] = [];
    let most = 0;
    for (let round = 0; round < 4; round += 1) {
      for (;;) {
        const begun = await begin('vpn', from).catch(() => undefined);
        if (begun === undefined) break;
        kept.push({ id: begun.id, nonce: begun.step.nonce });
      }
      most = Math.max(most, kept.length / (round + 1));
      for (const _ of ['once', 'again']) {
        scene.clock.advance(16 * MINUTES);
        // Neither is an attempt: the one answers nothing, the other says no name.
        for (const { id, nonce } of kept) {
          await journey.answer(id, from, {}, 'another step').catch(() => {});
          await journey.answer(id, from, { username: '' }, nonce).catch(() => {});
        }
      }
    }
    expect(most).toBeGreaterThan(20);
    expect(left()).toEqual({ journeys: 0, states: 0 });
  });
});

describe('what changes meanwhile', () => {
  const MEANWHILE: [string, (someone: Someone) => Promise<unknown>][] = [
    ['a report', (someone) => report(scene, someone)],
    [
      'the password changed',
      (someone) => scene.gateway.command('user passwd', [someone.username], {}, 'another password of theirs'),
    ],
  ];
  it.each(MEANWHILE)('%s', async (_, happens) => {
    const someone = await appHolder(scene);
    const it = await entered('vault', someone);
    await happens(someone);
    const after = await it.answer({ code: scene.nextCode(someone) });
    expect(after.kind).not.toBe('done');
  });

  it('an application that is none of the door’s any more', async () => {
    const someone = await appHolder(scene);
    const members = new Set(['vault:member']);
    door.knows = async (id) =>
      members.has(id)
        ? ({ id, name: 'Member', door: 'line', consent: 'institution', settings: {} } as never)
        : undefined;
    const it = await entered('vault:member', someone);
    members.clear();
    const after = await it.answer({ code: scene.nextCode(someone) }).catch((error) => error);
    expect(after).toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});

describe('waiting for another channel', () => {
  it('is bounded, and leaves nothing', async () => {
    const { someone } = await owner();
    const it = await entered('vault', someone);
    expect(it.next).toMatchObject({ kind: 'prompt', factor: 'push' });
    const { journey, ephemeral } = door.ports;
    const subscribe = vi.spyOn(ephemeral, 'subscribe');
    const over = new AbortController();
    const before = subscribe.mock.calls.length;
    const waits = Array.from({ length: 1000 }, () => journey.changed(it.id, it.next.nonce, over.signal));
    const settled = Promise.allSettled(waits);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const open = subscribe.mock.calls.length - before;
    over.abort();
    await settled;
    subscribe.mockRestore();
    expect(open).toBeLessThan(20);
  });

  it('ends as soon as another step has taken its place', { timeout: 20_000 }, async () => {
    const { someone } = await owner();
    await scene.gateway.command('tap issue', [someone.username]);
    const it = await entered('vault', someone);
    const push = it.next.kind === 'prompt' && it.next.factor === 'push' ? it.next : await it.answer({ method: 'push' });
    const changed = door.ports.journey.changed(it.id, push.nonce).then(() => 'changed');
    expect(await it.answer({ method: 'tap' }, push.nonce)).toMatchObject({ factor: 'tap' });
    const late = new Promise((resolve) => setTimeout(() => resolve('late'), 8000));
    expect(await Promise.race([changed, late])).toBe('changed');
  });

  it('gives one of 100 looks and answers the end', async () => {
    const { someone, phone } = await owner();
    const it = await entered('vault', someone);
    const { next } = it;
    const number = next.kind === 'prompt' && next.prompt.kind === 'number' ? next.prompt.number : '';
    expect((await phone.approve(number)).status).toBe(200);
    const all = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        index % 2 ? door.ports.journey.look(it.id, it.from) : it.answer({}, next.nonce),
      ),
    );
    const kinds = all.map((one) => (one.status === 'fulfilled' ? one.value.kind : one.reason.code));
    expect(kinds.filter((kind) => kind === 'done')).toHaveLength(1);
  });
});

describe('guesses', () => {
  it('are counted whatever address is said', async () => {
    const someone = await appHolder(scene);
    let looked = 0;
    for (const ip of ['', 'x', '127.1', '::1', '10.0.0.1', '0x7f000001', '\n', 'x'.repeat(5000)]) {
      for (let n = 0; n < 3; n += 1) {
        const from = { ip };
        const { id, step } = await begin('vpn', from);
        const after = await door.ports.journey.answer(
          id,
          from,
          { username: someone.username, password: 'no' },
          step.nonce,
        );
        if (after.error?.key !== 'locked') looked += 1;
      }
    }
    expect(looked).toBe(8);
  });

  it('of 100 at once and of many lines are eight', async () => {
    const someone = await appHolder(scene);
    const lines: Awaited<ReturnType<typeof entered>>[] = [];
    // More passwords of one account at once than it has attempts would be refused.
    for (let line = 0; line < 10; line += 1) lines.push(await entered('vault', someone));
    const all = await Promise.all(
      lines.flatMap((line) => Array.from({ length: 10 }, (_, n) => line.answer({ code: `00000${n}` }))),
    );
    void all;
    const account = await accountOf(scene, someone);
    await vi.waitFor(() => {
      const rows = scene.audit().filter((row) => row.account === account);
      expect(rows.filter(({ event }) => event === 'sign-in.refused')).toHaveLength(8);
    });
  });

  it('stop for good after so many in a row', async () => {
    const someone = await appHolder(scene);
    for (let n = 0; n < 3; n += 1) {
      for (let k = 0; k < 8; k += 1) {
        const line = await entered('vault', someone);
        if (line.next.kind !== 'prompt') break;
        await line.answer({ code: `00000${k}` });
      }
      scene.clock.advance(31 * MINUTES);
    }
    const line = await entered('vault', someone);
    expect(line.next).toMatchObject({ kind: 'refused', message: { key: 'stopped.methods' } });
  });
});

describe('audit and log', () => {
  it('tell of every end by door and application, and of no secret', async () => {
    const someone = await appHolder(scene);
    const account = await accountOf(scene, someone);
    const from = caller();
    const { journey } = door.ports;
    const { id, step } = await begin('vault', from);
    await journey.answer(id, from, { username: someone.username, password: 'a wrong password' }, step.nonce);
    const { nonce } = await journey.look(id, from);
    const second = await journey.answer(id, from, { username: someone.username, password: PASSWORD }, nonce);
    await journey.answer(id, from, { code: '918273' }, second.nonce);
    const code = scene.nextCode(someone);
    expect(await journey.answer(id, from, { code }, (await journey.look(id, from)).nonce)).toMatchObject({
      kind: 'done',
    });
    const newcomer = await scene.newcomer();
    expect((await entered('vault', newcomer)).next).toMatchObject({ kind: 'refused' });
    const ends = [
      ['sign-in.completed', account],
      ['sign-in.denied', await accountOf(scene, newcomer)],
    ];
    await vi.waitFor(() => {
      for (const [event, whose] of ends) {
        const row = scene
          .audit()
          .findLast((it) => it.event === event && it.account === whose && it.application === 'vault');
        expect(JSON.parse(row?.detail ?? '{}')).toMatchObject({ door: 'line' });
      }
    });
    const told = JSON.stringify([scene.audit(), scene.gateway.logs]);
    for (const secret of [PASSWORD, 'a wrong password', '918273', code, id, second.nonce])
      expect(told).not.toContain(secret);
  });
});

describe('odd words', () => {
  it.each(['__proto__', 'constructor', '../../etc/passwd', ''])('locale %s', async (locale) => {
    const someone = await appHolder(scene);
    const from = { ...caller(), locale, userAgent: 'u'.repeat(3000) };
    const it = await entered('vault', someone, from);
    expect(it.next).toMatchObject({ kind: 'prompt', factor: 'totp' });
    door.ports.say({ key: 'locked' }, { locale });
    await expect(begin(locale, from)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});

describe('remembered', () => {
  const step = async (client: Client, what: string, fields: Record<string, string>) =>
    (await client.post(`${scene.gateway.url}/line/${what}`, fields)).json() as Record<string, unknown> & {
      id: string;
      nonce: string;
    };
  const enter = async (client: Client, someone: Someone) => {
    const { id, nonce } = await step(client, 'begin', { application: 'vault' });
    return step(client, 'answer', { id, nonce, username: someone.username, password: PASSWORD });
  };
  it('again and again, and never for somebody else or by a copy', async () => {
    const someone = await appHolder(scene, { remember: 'yes' });
    const other = await appHolder(scene);
    expect(await enter(someone.client, other)).toMatchObject({ kind: 'prompt', factor: 'totp' });
    for (let n = 0; n < 4; n += 1) {
      expect(await enter(someone.client, someone)).toMatchObject({ kind: 'done' });
      scene.clock.advance(5 * MINUTES);
    }
    // Browser for a step, caller for the next
    const { id, nonce } = await step(someone.client, 'begin', { application: 'vault' });
    const next = await step(new Client(), 'answer', {
      id,
      nonce,
      ip: '203.0.113.9',
      username: someone.username,
      password: PASSWORD,
    });
    expect(next).toMatchObject({ kind: 'prompt', factor: 'totp' });
  });
});

describe('a door that fails at a logout', () => {
  it('keeps no session of the account open', async () => {
    const someone = await appHolder(scene);
    const other = scene.elsewhere(someone);
    await other.enter('library');
    const account = await accountOf(scene, someone);
    const { core } = scene.gateway.app;
    expect(await core.sessionsOf(account)).toHaveLength(2);
    for (const { client } of [someone, other]) {
      const joined = await client.post(`${scene.gateway.url}/line/join`, { application: 'vault' });
      expect(joined.json()).toMatchObject({ account });
    }
    const signOut = vi.fn().mockRejectedValue(new Error('it was not to throw'));
    core.listen('line', { signOut });
    expect(await core.endAll(account)).toEqual({ sessions: 2, unreached: ['vault'] });
    expect(signOut).toHaveBeenCalledTimes(2);
    expect(await core.sessionsOf(account)).toEqual([]);
  });
});
