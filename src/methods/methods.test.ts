import { describe, expect, it } from 'vitest';
import { openMethods } from '../../test/support/methods.ts';
import { MINUTE, START } from '../../test/support/sign-in.ts';
import type { Mark } from '../assurance/validity.ts';
import type { AuditEvent } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { Exercise } from './methods.ts';

const NEW = { factor: 'phone', name: 'Phone', data: {} };
const MANY = 100;

async function fixture() {
  const events: AuditEvent[] = [];
  const ended: string[] = [];
  const report = { generation: 0, since: 0 };
  const away = { grants: false, audit: false };
  const { clock, credentials, methods } = await openMethods({
    audit: {
      async commit(event) {
        if (away.audit) throw new SallyportError('ERR_STORE_UNAVAILABLE', 'the audit is away');
        events.push(event);
      },
      note: () => {},
    },
    revoke: async (_, only) => ended.push(`devices of ${only?.credential}`),
    async endGrants(_, credential) {
      if (away.grants) throw new SallyportError('ERR_STORE_UNAVAILABLE', 'grants are away');
      ended.push(`grants of ${credential}`);
    },
    marked: async () => ({ ...report }),
  });
  const exercise = <T>(given: Partial<Exercise<T | string>>, act: (since: Mark) => Promise<T>) =>
    methods.exercise<T | string>(
      { account: 'alice', right: async () => true, busy: () => 'busy', lost: () => 'lost', ...given },
      act,
    );
  return { clock, events, ended, credentials, methods, exercise, report, away };
}

describe('a change of an account’s methods', () => {
  it('is one of any number at once, and asks for its right inside', async () => {
    const { exercise } = await fixture();
    let inside = 0;
    let most = 0;
    const act = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      return 'done';
    };
    const told = await Promise.all(Array.from({ length: MANY }, () => exercise({}, act)));
    expect(most).toBe(1);
    expect(told.filter((it) => it === 'done').length).toBeGreaterThan(0);
    expect(new Set(told)).toEqual(new Set(['done', 'busy']));
    expect(await exercise({ right: async () => inside > 0 }, act)).toBe('lost');
    // Another account's waits for nobody.
    await exercise({}, async () => expect(await exercise({ account: 'bob' }, act)).toBe('done'));
  });

  it('keeps nobody waiting once it failed, nor for ever where it never ended', async () => {
    const { exercise, clock } = await fixture();
    await expect(exercise({}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const { promise: late, resolve: end } = Promise.withResolvers<string>();
    const hanging = exercise({}, () => late);
    expect(await exercise({}, async () => 'done')).toBe('busy');
    clock.pass(2 * MINUTE);
    const next = exercise({}, async () => {
      // Whoever is late takes nobody else's turn away.
      end('late');
      await hanging;
      return exercise({}, async () => 'both');
    });
    expect(await next).toBe('busy');
  });

  it.each([
    ['all was ended', { generation: 1 }],
    ['the account was held', { since: START }],
  ])('adds a method that is suspended at once, where %s since its right was asked for', async (_what, change) => {
    const { exercise, methods, credentials, events, report } = await fixture();
    const added = await exercise({}, async (since) => {
      Object.assign(report, change);
      return methods.add('alice', NEW, since, { by: 'owner' });
    });
    expect(await credentials.ofAccount('alice')).toMatchObject([{ id: added, suspendedAt: START }]);
    expect(events.map(({ event, reason }) => [event, reason])).toEqual([
      ['credential.added', undefined],
      ['credential.suspended', 'voided'],
    ]);
    const later = await exercise({}, (since) => methods.add('alice', NEW, since, {}));
    expect((await credentials.ofAccount('alice')).find(({ id }) => id === later)).not.toHaveProperty('suspendedAt');
  });

  it('tells the audit of a method before that is there, and adds none where it can’t be told', async () => {
    let away = false;
    const there: unknown[] = [];
    const { methods, credentials } = await openMethods({
      audit: {
        async commit({ event }) {
          if (away) throw new SallyportError('ERR_STORE_UNAVAILABLE', 'away');
          there.push([event, (await credentials.ofAccount('alice')).length]);
        },
        note: () => {},
      },
      revoke: async () => 0,
    });
    const add = () => methods.add('alice', NEW, { generation: 0, since: 0 }, {});
    for (let count = 0; count < 9; count += 1) await add();
    away = true;
    await expect(add()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    expect(await credentials.ofAccount('alice')).toHaveLength(9);
    away = false;
    there.length = 0;
    // One is one too many, and what was told of it is taken back.
    const both = await Promise.all([add(), add()]);
    expect(both.filter((added) => typeof added === 'string')).toHaveLength(1);
    expect(await credentials.ofAccount('alice')).toHaveLength(10);
    const told = there.map((entry) => JSON.stringify(entry)).sort();
    expect(told).toEqual(['["credential.added",9]', '["credential.added",9]', '["credential.removed",10]']);
    expect(await add()).toEqual({ key: 'too-many-methods' });
    expect(there).toHaveLength(3);
  });

  it('ends what rests on a method with it, removed or suspended', async () => {
    const { exercise, methods, ended } = await fixture();
    const [one, two] = [
      await exercise({}, (since) => methods.add('alice', NEW, since, {})),
      await exercise({}, (since) => methods.add('alice', NEW, since, {})),
    ].map(String);
    expect(await methods.suspend('alice', one ?? '', {})).toBe(true);
    expect(await methods.suspend('alice', one ?? '', {})).toBe(false);
    expect(await methods.remove('alice', two ?? '')).toBe(true);
    expect(ended).toEqual([`devices of ${one}`, `grants of ${one}`, `devices of ${two}`, `grants of ${two}`]);
  });

  /** One that was suspended when the audit, or what ends grants, was away. */
  async function cutOff(what: 'audit' | 'grants') {
    const it = await fixture();
    const id = String(await it.exercise({}, (since) => it.methods.add('alice', NEW, since, {})));
    it.away[what] = true;
    const all = Array.from({ length: 3 }, () => it.methods.suspend('alice', id, { ip: '192.0.2.1' }));
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(all.map(() => 'rejected'));
    expect(await it.credentials.ofAccount('alice')).toMatchObject([{ suspendedAt: START }]);
    it.away[what] = false;
    it.clock.pass(MINUTE);
    const told = () => it.events.filter(({ event }) => event === 'credential.suspended').map(({ doneAt }) => doneAt);
    return { ...it, id, told };
  }

  const AT = new Date(START).toISOString();
  type Cut = Awaited<ReturnType<typeof cutOff>>;

  it.each<[string, (it: Cut) => Promise<unknown>]>([
    ['would suspend it', ({ methods, id }) => methods.suspend('alice', id, {})],
    ['would suspend another', ({ methods }) => methods.suspend('alice', 'another', {})],
    ['confirms it', ({ methods, id }) => methods.confirm('alice', id)],
    ['removes it', ({ methods, id }) => methods.remove('alice', id)],
    ['gives a wrong answer', ({ methods }) => methods.failed('alice', [], { reason: 'wrong' }, {})],
  ])('suspended and not told is told, and ended with what rests on it, by who next %s', async (_who, next) => {
    const it = await cutOff('audit');
    expect([it.told(), it.ended]).toEqual([[], []]);
    await next(it);
    expect(it.told()).toEqual([AT]);
    expect(it.ended.slice(0, 2)).toEqual([`devices of ${it.id}`, `grants of ${it.id}`]);
    await it.methods.tellLeft('alice');
    expect(it.told()).toEqual([AT]);
  });

  it('told but not ended is told once more, with when it was, and ended', async () => {
    const it = await cutOff('grants');
    await Promise.all([it.methods.tellLeft('alice'), it.methods.tellLeft('alice')]);
    expect(it.told()).toEqual([undefined, AT]);
    expect(it.ended.at(-1)).toBe(`grants of ${it.id}`);
  });
});
