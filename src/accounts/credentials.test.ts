import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openDurable } from '../../test/support/durable.ts';
import { random, START } from '../../test/support/sign-in.ts';
import type { Credential } from '../core/account.ts';
import type { CredentialKind, CredentialKinds } from '../core/credential-kind.ts';
import { createSealer } from '../core/seal.ts';
import { createCredentials } from './credentials.ts';

/** Of a factor that is enabled. */
const kind: CredentialKind = { shape: z.strictObject({ secret: z.string(), counter: z.number() }), maximum: 10 };

const DATA = { secret: 'JBSWY3DPEHPK3PXP', counter: 1 };

async function fixture() {
  const { durable, file } = await openDurable();
  for (const id of ['alice', 'bob']) {
    const person = { directory: 'local', directoryKey: id, username: id, name: id, groups: [], createdAt: START };
    await durable.accounts.link({ id, ...person });
  }
  const sealer = createSealer(randomBytes(32));
  const over = (kinds: CredentialKinds) => createCredentials({ durable, sealer, kinds, random, now: () => START + 5 });
  const credentials = over(new Map(['phone', 'key'].map((id) => [id, kind])));
  async function one(account: string): Promise<Credential> {
    const [credential] = await credentials.ofAccount(account);
    if (credential === undefined) throw new Error(`${account} has no credential`);
    return credential;
  }
  function behindItsBack(sql: string): unknown[] {
    const db = new DatabaseSync(file);
    const rows = db.prepare(sql).all();
    db.close();
    return rows;
  }
  async function added(account: string, name: string): Promise<string> {
    const id = await credentials.add(account, 'phone', name, DATA);
    if (typeof id !== 'string') throw new Error(id.key);
    return id;
  }
  return { durable, credentials, over, one, added, behindItsBack };
}

describe('a credential', () => {
  it('comes back as it was enrolled, by its account and by its lookup key', async () => {
    const { credentials } = await fixture();
    const id = await credentials.add('alice', 'phone', 'My phone', DATA, ['serial-1']);
    const expected = {
      id,
      account: 'alice',
      factor: 'phone',
      name: 'My phone',
      data: DATA,
      createdAt: START + 5,
      version: 1,
    };
    expect(await credentials.ofAccount('alice')).toEqual([expected]);
    expect(await credentials.byLookup('phone', 'serial-1')).toEqual(expected);
    expect(await credentials.byLookup('key', 'serial-1')).toBeUndefined();
    expect(await credentials.ofAccount('bob')).toEqual([]);
  });

  it('is sealed at rest', async () => {
    const { credentials, behindItsBack } = await fixture();
    await credentials.add('alice', 'phone', 'My phone', DATA);
    const rows = JSON.stringify(behindItsBack('SELECT * FROM credentials'));
    expect(rows).toContain('My phone');
    expect(rows).not.toContain(DATA.secret);
  });

  it.each([
    [
      'the sealed value of another account’s',
      `UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE account = 'bob')
      WHERE account = 'alice' RETURNING id`,
    ],
    ['another account', `UPDATE credentials SET account = 'alice' WHERE account = 'bob' RETURNING id`],
    ['another factor', `UPDATE credentials SET factor = 'key' WHERE account = 'alice' RETURNING id`],
    ['another id', `UPDATE credentials SET id = 'other' WHERE account = 'alice' RETURNING id`],
    ['altered text', `UPDATE credentials SET sealed = substr(sealed, 1, length(sealed) - 4) || 'AAAA' RETURNING id`],
    ['no seal', `UPDATE credentials SET sealed = '{"secret":"known","counter":0}' RETURNING id`],
  ])('that was given %s does not open', async (_, sql) => {
    const { credentials, behindItsBack } = await fixture();
    await credentials.add('alice', 'phone', 'hers', DATA);
    await credentials.add('bob', 'phone', 'his', DATA);
    expect(behindItsBack(sql)).not.toEqual([]);
    await expect(credentials.ofAccount('alice')).rejects.toMatchObject({ code: 'ERR_SEAL' });
  });

  it('of a shape that its factor does not know is refused', async () => {
    const { credentials } = await fixture();
    await credentials.add('alice', 'phone', 'odd', { secret: 7 });
    await expect(credentials.ofAccount('alice')).rejects.toThrow();
  });

  it('of a factor that is not enabled is left out, and kept', async () => {
    const { credentials, over } = await fixture();
    await credentials.add('alice', 'phone', 'phone', DATA);
    await credentials.add('alice', 'key', 'key', DATA);
    const fewer = over(new Map([['key', kind]]));
    expect((await fewer.ofAccount('alice')).map(({ factor }) => factor)).toEqual(['key']);
    expect(await credentials.ofAccount('alice')).toHaveLength(2);
  });

  it('is not enrolled twice under one lookup key', async () => {
    const { credentials } = await fixture();
    await credentials.add('alice', 'phone', 'first', DATA, ['serial-1']);
    expect(await credentials.add('bob', 'phone', 'second', DATA, ['serial-1'])).toEqual({ key: 'method-taken' });
    expect(await credentials.ofAccount('bob')).toEqual([]);
  });
});

describe('a change of a credential', () => {
  it('succeeds for one of 100 that saw the same version', async () => {
    const { credentials, one } = await fixture();
    await credentials.add('alice', 'phone', 'phone', DATA);
    const seen = await one('alice');
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) => credentials.update(seen, { ...DATA, counter: index + 2 })),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    const data = { ...DATA, counter: outcomes.indexOf(true) + 2 };
    expect(await one('alice')).toMatchObject({ data, version: 2, lastUsedAt: START + 5 });
  });

  it('does not come through after a removal or a new name', async () => {
    const { credentials, one, added } = await fixture();
    const id = await added('alice', 'phone');
    const seen = await one('alice');
    expect(await credentials.rename(seen, 'work phone')).toBe(true);
    expect(await credentials.update(seen, { ...DATA, counter: 2 })).toBe(false);
    expect(await credentials.rename(seen, 'another')).toBe(false);
    expect(await one('alice')).toMatchObject({ name: 'work phone', data: DATA });
    const latest = await one('alice');
    expect(await credentials.remove(id, 'alice')).toBe(true);
    expect(await credentials.update(latest, DATA)).toBe(false);
    expect(await credentials.ofAccount('alice')).toEqual([]);
  });

  it('is its owner’s alone to remove, once', async () => {
    const { credentials, added } = await fixture();
    const id = await added('alice', 'phone');
    expect(await credentials.remove(id, 'bob')).toBe(false);
    const removed = await Promise.all(Array.from({ length: 20 }, () => credentials.remove(id, 'alice')));
    expect(removed.filter(Boolean)).toHaveLength(1);
  });
});
