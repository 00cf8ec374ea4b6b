import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS } from '../../core/assurance.ts';
import type { Rule } from '../../core/policy.ts';
import { agents, type Known, unreached } from './people.ts';
import { highestOf, lockouts, type PolicySubject, rememberedDevices } from './policy.ts';

const HOUR = 3_600_000;
const secret = { id: 'secret', kinds: ['knowledge'], amr: ['pwd'] } as const;
const device = { id: 'device', kinds: ['possession'], amr: ['otp'] } as const;
const key = {
  id: 'key',
  kinds: ['possession', 'inherence'],
  amr: [],
  strength: { phishingResistant: true, attested: true },
} as const;
const lent = { id: 'lent', kinds: ['possession'], amr: [], standing: 'bootstrap' } as const;

const subject = (rules: readonly Rule[], more: Partial<PolicySubject> = {}): PolicySubject => ({
  ...{ now: 1_000 * HOUR, rules, applications: ['library', 'vault'], networks: ['campus'], groups: ['staff'] },
  ...{ factors: [secret, device], remember: 720 * HOUR, ...more },
});
const wrong = (of: PolicySubject) =>
  lockouts(of)
    .filter(({ level }) => level !== 'good')
    .map(({ text }) => text);

describe('policy that locks out', () => {
  it('is none where each application can be reached', () => {
    expect(wrong(subject([]))).toEqual([]);
    expect(wrong(subject([{ name: 'campus', notNetworks: ['campus'], applications: ['vault'], deny: true }]))).toEqual(
      [],
    );
  });

  it('is a level that no enabled factor reaches, or none that a rule lets in', () => {
    const high: Rule = { name: 'high', applications: ['vault'], level: 'phr' };
    expect(wrong(subject([high]))).toEqual([
      expect.stringContaining('nobody can sign in to vault: phr is asked for by high'),
    ]);
    expect(wrong(subject([high], { factors: [secret, device, key] }))).toEqual([]);
    expect(wrong(subject([{ ...high, factors: ['device'] }], { factors: [secret, device, key] }))).toHaveLength(1);
    expect(wrong(subject([], { factors: [secret, lent] })).join()).toContain('the enabled factors reach sfa');
    const own = { ...device, onlyIfNamed: true } as const;
    expect(wrong(subject([], { factors: [secret, own] }))).toHaveLength(3);
    expect(wrong(subject([{ name: 'named', factors: ['device'] }], { factors: [secret, own] }))).toEqual([]);
  });

  it('is a group that is refused everywhere, and no way to a first method', () => {
    expect(wrong(subject([{ name: 'out', groups: ['staff'], deny: true }]))).toEqual([
      'people of the group staff can sign in nowhere',
    ]);
    const never: Rule = { name: 'never', level: 'mfa', firstEnrolment: false };
    expect(wrong(subject([never]))).toEqual([expect.stringContaining('nobody can set up a first method')]);
    expect(wrong(subject([never], { factors: [secret, device, lent] }))).toEqual([]);
  });

  it('never says that nobody gets in where more factors or fewer rules would let nobody in either', () => {
    const rule = fc.record({
      level: fc.constantFrom(...LEVELS),
      deny: fc.boolean(),
      application: fc.constantFrom('library', 'vault'),
    });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), (drawn) => {
        const rules = drawn.map(
          ({ level, deny, application }, at): Rule => ({ name: `r${at}`, level, deny, applications: [application] }),
        );
        const all = wrong(subject(rules, { factors: [secret, device, key] }));
        const few = wrong(subject(rules));
        const locked = (texts: string[]) => texts.filter((text) => text.startsWith('nobody can sign in')).length;
        expect(locked(few)).toBeGreaterThanOrEqual(locked(all));
        expect(locked(all)).toBe(new Set(drawn.filter(({ deny }) => deny).map(({ application }) => application)).size);
      }),
    );
  });

  it('counts what the opening factor brings, and no pass', () => {
    expect(highestOf([secret], undefined)).toBe('sfa');
    expect(highestOf([secret, device], undefined)).toBe('mfa');
    expect(highestOf([key], undefined)).toBe('phrh');
    expect(highestOf([secret, lent], undefined)).toBe('sfa');
    expect(highestOf([device], undefined)).toBeUndefined();
  });
});

describe('people', () => {
  const who = (id: string, factors: string[], groups: string[] = []): Known => ({
    account: { id, groups, createdAt: 0 },
    factors,
  });
  const high = subject([{ name: 'high', applications: ['vault'], level: 'phr' }], { factors: [secret, device, key] });

  it('are told of where none of them has set up what an application asks for', () => {
    expect(unreached(high, []).map(({ level }) => level)).toEqual(['good']);
    expect(unreached(high, [who('ada', ['device'])])[0]?.text).toContain('vault can’t'.replace('’', "'"));
    expect(unreached(high, [who('ada', ['device']), who('bob', ['key'])])[0]?.level).toBe('good');
  });

  it('of the help desk are told of where they couldn’t get in', () => {
    const desk = { name: 'day', groups: ['desk'], over: { groups: ['x'] }, may: ['view'] } as const;
    const level = (...known: Known[]) =>
      agents(high, [desk], known)
        .map((one) => one.text)
        .join();
    expect(level(who('ada', ['key']))).toContain('are nobody who has signed in yet');
    expect(level(who('ada', [], ['desk']))).toContain('can get in with what they have set up');
    expect(level(who('ada', ['device'], ['desk']))).toContain('can get in: 1');
  });
});

it('names windows that are longer than NIST has them at AAL2, and those alone', () => {
  const rule = (name: string, remember: number): Rule => ({ name, level: 'mfa', remember });
  const rules = [rule('month', 720 * HOUR), rule('day', 24 * HOUR)];
  expect(rememberedDevices({ rules, remember: 720 * HOUR }, 8 * HOUR).map(({ text }) => text)).toEqual([
    expect.stringContaining('"month" lets a remembered browser stand for the second factor for 30 d'),
  ]);
  expect(rememberedDevices({ rules, remember: 12 * HOUR }, 8 * HOUR)[0]?.level).toBe('good');
  expect(rememberedDevices({ rules: [], remember: 0 }, 48 * HOUR)[0]?.text).toContain('sessions last 2 d');
});
