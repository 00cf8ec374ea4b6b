import { generateKeyPairSync, sign } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDurable } from '../../test/support/durable.ts';
import { recordingLog } from '../../test/support/recording.ts';
import { createAudit } from './audit.ts';
import { BEGINNING, canonical, hashOf, type Verdict, verifyChain, verifyPart } from './chain.ts';

const NOW = 1_800_000_000_000;
const KEYS = generateKeyPairSync('ed25519');
const publicKeyOf = (kid: string) => (kid === 'k1' ? KEYS.publicKey : undefined);
const signer = {
  kid: 'k1',
  sign: (data: string) => sign(null, Buffer.from(data), KEYS.privateKey).toString('base64url'),
};

describe('canonical JSON', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([key, member]) => [key, reversed(member)]);
    return Object.fromEntries(members.reverse());
  };

  it('is one text for one value, whatever the order of keys, and survives a way through JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }), (value) => {
        const text = canonical(value);
        expect(canonical(reversed(value))).toBe(text);
        expect(canonical(JSON.parse(text))).toBe(text);
        expect(canonical(JSON.parse(JSON.stringify(value)))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is another text for another value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same = isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
        expect(canonical(a) === canonical(b)).toBe(same);
      }),
    );
    expect(canonical({ b: 1, a: [1, { d: null, c: '"' }], é: undefined })).toBe('{"a":[1,{"c":"\\"","d":null}],"b":1}');
  });
});

/** Five notes, a signature, and two more: eight entries. */
async function chainOfEight() {
  const { durable, file } = await openDurable();
  const audit = await createAudit({ durable, node: 'main', now: () => NOW, log: recordingLog().log, sign: signer });
  for (let index = 1; index <= 5; index += 1) audit.note({ event: `event.${index}`, account: 'alice', amount: index });
  await audit.signHead();
  await audit.commit({ event: 'event.7', application: 'library' });
  await audit.commit({ event: 'event.8' });
  const behindItsBack = (sql: string) => {
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
  };
  const verdict = (): Promise<Verdict> => verifyChain(durable, 'main', publicKeyOf);
  return { durable, behindItsBack, verdict };
}

describe('verification', () => {
  it('finds a whole chain good, and says up to where it is signed', async () => {
    const { durable, verdict } = await chainOfEight();
    const head = await durable.audit.head('main');
    expect(await verdict()).toEqual({
      entries: 8,
      first: 1,
      signedUpTo: 5,
      head: { sequence: 8, hash: head?.hash, at: NOW },
    });
    expect(await verifyChain(durable, 'another', publicKeyOf)).toEqual({ entries: 0 });
  });

  it.each([
    ['a changed detail', `UPDATE audit SET detail = '{"amount":4}' WHERE sequence = 3`, 3, 'altered'],
    ['a changed account', `UPDATE audit SET account = 'mallory' WHERE sequence = 2`, 2, 'altered'],
    ['an account taken away', 'UPDATE audit SET account = NULL WHERE sequence = 2', 2, 'altered'],
    ['a changed time', 'UPDATE audit SET at = at - 1 WHERE sequence = 1', 1, 'altered'],
    ['a changed hash', `UPDATE audit SET hash = 'ff' WHERE sequence = 8`, 8, 'altered'],
    ['a removed entry', 'DELETE FROM audit WHERE sequence = 4', 4, 'missing'],
    ['a removed beginning', 'DELETE FROM audit WHERE sequence <= 2', 1, 'missing'],
    [
      'a gap closed',
      'DELETE FROM audit WHERE sequence = 7; UPDATE audit SET sequence = 7 WHERE sequence = 8',
      7,
      'altered',
    ],
    [
      'two entries in another order',
      `UPDATE audit SET sequence = 99 WHERE sequence = 2; UPDATE audit SET sequence = 2 WHERE sequence = 3;
       UPDATE audit SET sequence = 3 WHERE sequence = 99`,
      2,
      'altered',
    ],
    [
      'an entry copied to the end',
      `INSERT INTO audit SELECT 'x', 'main', 9, at, event, account, application, detail, hash FROM audit WHERE sequence = 8`,
      9,
      'altered',
    ],
  ])('detects %s', async (_, sql, sequence, why) => {
    const { behindItsBack, verdict } = await chainOfEight();
    behindItsBack(sql);
    expect((await verdict()).broken).toEqual({ sequence, why });
  });

  /** Somebody who can write to the database, and computes every hash again. */
  async function forge(change: (sequence: number, detail: Record<string, unknown>) => Record<string, unknown>) {
    const { durable, behindItsBack, verdict } = await chainOfEight();
    let previous = BEGINNING.hash;
    for (const { hash: _, ...entry } of await durable.audit.ofNode('main', { limit: 100 })) {
      const detail = change(entry.sequence, entry.detail);
      previous = hashOf(previous, { ...entry, detail });
      behindItsBack(
        `UPDATE audit SET detail = '${JSON.stringify(detail)}', hash = '${previous}' WHERE sequence = ${entry.sequence}`,
      );
    }
    return verdict();
  }

  it('detects a chain that was written anew, by its signature', async () => {
    expect((await forge((_, detail) => detail)).broken).toBeUndefined();
    const altered = await forge((sequence, detail) => (sequence === 2 ? { amount: 0 } : detail));
    expect(altered.broken).toEqual({ sequence: 6, why: 'bad signature' });
    const unknown = await forge((sequence, detail) => (sequence === 6 ? { ...detail, kid: 'k2' } : detail));
    expect(unknown.broken).toEqual({ sequence: 6, why: 'unknown key' });
    const unsigned = await forge((sequence, detail) => (sequence === 6 ? { ...detail, signature: '' } : detail));
    expect(unsigned.broken).toEqual({ sequence: 6, why: 'bad signature' });
  });

  it('looks at a part alone, behind an entry that is believed', async () => {
    const { durable, behindItsBack } = await chainOfEight();
    const part = (after: number, most: number) => verifyPart(durable, 'main', publicKeyOf, { after, most });
    expect(await part(3, 4)).toMatchObject({ entries: 4, first: 4, signedUpTo: 5, head: { sequence: 7 } });
    behindItsBack(`UPDATE audit SET detail = '{"amount":0}' WHERE sequence = 2`);
    expect((await part(3, 4)).broken).toBeUndefined();
    behindItsBack(`UPDATE audit SET detail = '{"amount":0}' WHERE sequence = 7`);
    expect((await part(3, 4)).broken).toEqual({ sequence: 7, why: 'altered' });
    expect((await part(3, 3)).broken).toBeUndefined();
    behindItsBack('DELETE FROM audit WHERE sequence = 5');
    expect((await part(3, 4)).broken).toEqual({ sequence: 5, why: 'missing' });
  });

  it('accepts a chain that retention cut before a signature, and says where it begins', async () => {
    const { behindItsBack, verdict } = await chainOfEight();
    behindItsBack('DELETE FROM audit WHERE sequence <= 5');
    expect(await verdict()).toMatchObject({ entries: 3, first: 6, signedUpTo: 5 });
    behindItsBack(`UPDATE audit SET detail = replace(detail, '"sequence":5', '"sequence":4') WHERE sequence = 6`);
    expect((await verdict()).broken).toEqual({ sequence: 6, why: 'altered' });
  });
});

it('reads a chain longer than one page', async () => {
  const { durable } = await openDurable();
  const audit = await createAudit({ durable, node: 'main', now: () => NOW, log: recordingLog().log });
  for (let index = 0; index < 1_203; index += 1) audit.note({ event: 'many', index });
  await audit.close();
  expect(await verifyChain(durable, 'main', publicKeyOf)).toMatchObject({ entries: 1_203, first: 1 });
});
