import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factorPorts } from '../../../test/support/outside.ts';
import { ada } from '../../../test/support/people.ts';
import type { Credential } from '../../core/account.ts';
import { crockford, grouped } from '../../core/crockford.ts';
import { LENGTH, normalise } from './codes.ts';
import recovery from './index.ts';
import type { Data } from './schemas.ts';

const NOW = Date.UTC(2026, 10, 22);
const factor = recovery.create(
  recovery.settings.parse({}),
  factorPorts(() => NOW),
);

async function sheetOf(id = 'c1'): Promise<{ codes: string[]; sheet: Credential<Data> }> {
  const issued = await factor.issues?.issue(ada, [], { by: 'owner' });
  if (issued === undefined) throw new Error('nothing issued');
  expect(issued.replaces).toBe(true);
  const data = recovery.credential.parse(JSON.parse(JSON.stringify(issued.data)));
  return { codes: issued.shown.codes, sheet: { ...ada, id, account: ada.id, factor: 'recovery', data } };
}

const verify = (sheet: Credential<Data> | undefined, code: string) =>
  factor.verify({}, sheet ? [sheet] : [], { code }, ada);

describe('recovery codes', () => {
  it('are ten, all different, kept hashed', async () => {
    const { codes, sheet } = await sheetOf();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) {
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
      expect(JSON.stringify(sheet.data)).not.toContain(code.replaceAll('-', ''));
    }
  });

  it('prove possession, each once', async () => {
    const { codes, sheet } = await sheetOf();
    let present = sheet;
    for (const [index, code] of codes.entries()) {
      expect(factor.usable(ada, [present])).toBe(true);
      const verdict = await verify(present, code);
      if (verdict.outcome !== 'proved' || !verdict.update) throw new Error('not proved');
      expect(verdict.proof).toMatchObject({ kinds: ['possession'], amr: ['otp'], credential: 'c1', at: NOW });
      expect(verdict.proof.bootstrap).toBeUndefined();
      present = { ...sheet, data: recovery.credential.parse(verdict.update.data) };
      expect(present.data.unused).toHaveLength(9 - index);
      expect(await verify(present, code)).toMatchObject({ outcome: 'refused', reason: 'wrong' });
    }
    expect(factor.usable(ada, [present])).toBe(false);
  });

  it('of another sheet, and anything else, are refused', async () => {
    const [mine, other] = [await sheetOf(), await sheetOf('c2')];
    const hashes = mine.sheet.data.unused;
    for (const wrong of [...other.codes, '', hashes[0] ?? '', '\u0000'.repeat(12), 'x'.repeat(1000)]) {
      expect(await verify(mine.sheet, wrong)).toMatchObject({ outcome: 'refused', reason: 'wrong' });
    }
    expect(await verify(undefined, mine.codes[0] ?? '')).toMatchObject({ outcome: 'refused' });
    const [code = ''] = mine.codes;
    expect(await factor.verify({}, [mine.sheet], { code }, undefined)).toMatchObject({ outcome: 'refused' });
  });

  it('say how many are left, and warn when they are few', async () => {
    const { sheet } = await sheetOf();
    const state = (count: number) =>
      factor.shows?.state({ ...sheet, data: { ...sheet.data, unused: sheet.data.unused.slice(0, count) } });
    expect(state(4)).toEqual({ message: { key: 'state.left', values: { count: 4 } }, warn: false });
    expect(state(3)).toMatchObject({ warn: true });
    expect((await factor.challenge(ada, [sheet])).prompt).toMatchObject({ text: { values: { count: 10 } } });
  });

  it('are read however they are typed', () => {
    const bytes = fc.uint8Array({ minLength: LENGTH, maxLength: LENGTH });
    fc.assert(
      fc.property(bytes, fc.constantFrom('-', ' ', '\u00a0', '–', ''), (random, separator) => {
        const code = crockford(random);
        const typed = grouped(code).replaceAll('-', separator).toLowerCase();
        expect(normalise(` ${typed.replaceAll('0', 'o').replaceAll('1', 'i')} `)).toBe(code);
      }),
    );
  });

  it('are nothing else, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (typed) => {
        expect(normalise(typed) ?? '0'.repeat(LENGTH)).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/);
      }),
    );
  });
});
