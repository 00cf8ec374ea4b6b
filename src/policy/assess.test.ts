import { describe, expect, it } from 'vitest';
import { type Evidence, type Proof, REFEDS_MFA, REFEDS_SFA, reaches } from '../core/assurance.ts';
import {
  attested,
  code,
  DAY,
  HOUR,
  input,
  key,
  MINUTE,
  NOW,
  old,
  passkey,
  requirement,
  secret,
  wants,
} from './assess.fixtures.ts';
import { type AssessInput, type Assessment, assess } from './assess.ts';

/** The named fields alone; `undefined` wants the field absent. */
function expectFields(assessment: Assessment, expected: Partial<Assessment>): void {
  const named = Object.entries(assessment).filter(([field]) => field in expected);
  expect(Object.fromEntries(named)).toEqual(expected);
}

type Row = [string, Partial<AssessInput>, Partial<Assessment>];

describe('level and what is missing', () => {
  const rows: Row[] = [
    ['nothing', {}, { satisfied: false, missing: 'first', level: undefined, amr: [], authTime: undefined }],
    ['possession alone', { evidence: [code] }, { satisfied: false, missing: 'first', level: undefined }],
    ['knowledge alone', { evidence: [secret] }, { satisfied: false, missing: 'second', level: 'sfa', acr: REFEDS_SFA }],
    [
      'both',
      { evidence: [secret, code] },
      { satisfied: true, missing: undefined, level: 'mfa', acr: REFEDS_MFA, amr: ['mfa', 'otp', 'pwd'] },
    ],
    [
      'knowledge twice',
      { evidence: [secret, { ...secret, factor: 'other' }] },
      { satisfied: false, missing: 'second' },
    ],
    ['a passkey', { evidence: [passkey] }, { satisfied: true, level: 'phr', acr: 'phr', authTime: NOW }],
    [
      'more than wanted',
      { evidence: [attested], requirement: requirement({ level: 'sfa' }) },
      { satisfied: true, level: 'phrh', wanted: 'sfa' },
    ],
    [
      'phr by a code',
      { evidence: [secret, code], requirement: requirement({ level: 'phr' }) },
      { satisfied: false, missing: 'second', level: 'mfa' },
    ],
    [
      'phr by a key',
      { evidence: [secret, key], requirement: requirement({ level: 'phr' }) },
      { satisfied: true, level: 'phr' },
    ],
    [
      'phrh by an unattested one',
      { evidence: [passkey], requirement: requirement({ level: 'phrh' }) },
      { satisfied: false, missing: 'second' },
    ],
    [
      'sfa',
      { evidence: [secret], requirement: requirement({ level: 'sfa' }) },
      { satisfied: true, level: 'sfa', amr: ['pwd'] },
    ],
    [
      'deny, whatever is held',
      { evidence: [attested], requirement: requirement({ deny: true }) },
      { satisfied: false, missing: 'denied', level: undefined, acr: undefined, amr: [] },
    ],
  ];
  it.each(rows)('%s', (_, change, expected) => {
    expectFields(assess(input(change)), expected);
  });
});

const pass: Evidence = { ...code, factor: 'pass', bootstrap: true, expires: NOW + HOUR };
const several: Evidence = { ...pass, amr: ['pwd'], kinds: ['knowledge'] };

describe('which proofs count', () => {
  const sfa = requirement({ level: 'sfa' });
  const fresh = requirement({ level: 'sfa', freshness: HOUR });
  const each = requirement({ remember: 0, perRequest: true });
  const only = requirement({ factors: ['key'] });
  const rows: Row[] = [
    ['expired at this moment', { evidence: [{ ...secret, expires: NOW }], requirement: sfa }, { missing: 'first' }],
    ['not expired yet', { evidence: [{ ...secret, expires: NOW + 1 }], requirement: sfa }, { satisfied: true }],
    ['expired second factor', { evidence: [secret, { ...code, expires: NOW - 1 }] }, { missing: 'second' }],
    ['a clock that runs ahead', { evidence: [{ ...secret, at: NOW + 90_000 }], requirement: sfa }, { satisfied: true }],
    ['from the future', { evidence: [{ ...secret, at: NOW + 90_001 }], requirement: sfa }, { missing: 'first' }],
    ['as old as freshness', { evidence: [old(secret, HOUR)], requirement: fresh }, { satisfied: true }],
    ['older than freshness', { evidence: [old(secret, HOUR + 1)], requirement: fresh }, { missing: 'first' }],
    [
      'older than freshness in this request',
      { evidence: [{ ...secret, at: NOW - HOUR - 1 }], requirement: fresh },
      { missing: 'first' },
    ],
    [
      'no freshness',
      { evidence: [old(secret, 7 * HOUR), old(code, 7 * HOUR)] },
      { satisfied: true, authTime: NOW - 7 * HOUR },
    ],
    [
      'as old as max_age',
      { evidence: [old(secret, HOUR)], requirement: sfa, wants: wants({ maxAge: HOUR }) },
      { satisfied: true },
    ],
    [
      'older than max_age',
      { evidence: [old(secret, HOUR + 1)], requirement: sfa, wants: wants({ maxAge: HOUR }) },
      { missing: 'first' },
    ],
    [
      'max_age=0, this request',
      { evidence: [{ ...secret, at: NOW - MINUTE }], requirement: sfa, wants: wants({ maxAge: 0 }) },
      { satisfied: true },
    ],
    [
      'max_age=0, another of this moment',
      { evidence: [old(secret, 0)], requirement: sfa, wants: wants({ maxAge: 0 }) },
      { missing: 'first' },
    ],
    [
      'prompt=login, old secret',
      { evidence: [old(secret, MINUTE), old(code, MINUTE)], wants: wants({ reauthenticate: true }) },
      { missing: 'first' },
    ],
    [
      'prompt=login, new secret, old code',
      { evidence: [secret, old(code, MINUTE)], wants: wants({ reauthenticate: true }) },
      { satisfied: true, authTime: NOW },
    ],
    [
      'prompt=login, old passkey',
      { evidence: [old(passkey, MINUTE)], wants: wants({ reauthenticate: true }) },
      { missing: 'first' },
    ],
    ['never: old code', { evidence: [secret, old(code, MINUTE)], requirement: each }, { missing: 'second' }],
    [
      'never: new code, old secret',
      { evidence: [old(secret, MINUTE), code], requirement: each },
      { satisfied: true, authTime: NOW - MINUTE },
    ],
    ['never: old passkey', { evidence: [old(passkey, MINUTE)], requirement: each }, { missing: 'first' }],
    ['a factor off the list', { evidence: [secret, code], requirement: only }, { missing: 'second', amr: ['pwd'] }],
    ['a factor on the list', { evidence: [secret, key], requirement: only }, { satisfied: true, level: 'phr' }],
    ['a passkey off the list', { evidence: [passkey], requirement: only }, { missing: 'first' }],
    [
      'newest first factor is auth_time',
      { evidence: [secret, old(secret, HOUR), old(passkey, MINUTE)] },
      { authTime: NOW },
    ],
    ['a second factor is not auth_time', { evidence: [old(secret, HOUR), code] }, { authTime: NOW - HOUR }],
    [
      'a lent pass opens nothing by itself',
      { evidence: [{ ...passkey, phishingResistant: false, bootstrap: true }] },
      { satisfied: false, missing: 'first' },
    ],
    ['a lent pass comes second', { evidence: [secret, pass] }, { satisfied: true, level: 'mfa' }],
    ['a lent pass that has ended', { evidence: [secret, { ...pass, expires: NOW }] }, { missing: 'second' }],
    ['a pass of several uses', { evidence: [secret, several] }, { satisfied: false, level: 'sfa', missing: 'second' }],
    ['a pass off the list', { evidence: [secret, several], enrolling: true, requirement: only }, { missing: 'second' }],
  ];
  it.each(rows)('%s', (_, change, expected) => {
    expectFields(assess(input(change)), expected);
  });
});

describe('a lent pass', () => {
  it.each([pass, several])('of either kind opens the pages where methods are set up, and claims no more', (lent) => {
    const strict = requirement({ level: 'phr' });
    const own = { evidence: [secret, lent], requirement: strict };
    expect(assess(input(own)).satisfied).toBe(false);
    const open = assess(input({ ...own, enrolling: true }));
    expectFields(open, { satisfied: true, expires: pass.expires });
    expect(reaches(open.level, 'phr')).toBe(false);
    expect(assess(input({ ...own, evidence: [lent], enrolling: true })).satisfied).toBe(false);
  });

  it('of several uses never sends the class of two factors', () => {
    const asked = { acrValues: [REFEDS_MFA], acrEssential: true, reauthenticate: false };
    const result = assess(input({ evidence: [secret, several], enrolling: true, wants: asked }));
    expectFields(result, { acr: REFEDS_SFA });
    expect(result.amr).not.toContain('mfa');
  });

  it('ends what rests on it, and nothing else', () => {
    const rests = (...evidence: Evidence[]) => assess(input({ evidence })).expires;
    expect(rests(secret, pass)).toBe(pass.expires);
    expect(rests(secret, pass, code)).toBeUndefined();
    expect(rests(secret, code)).toBeUndefined();
    const low = input({ evidence: [secret, pass], requirement: requirement({ level: 'sfa' }) });
    expect(assess(low).expires).toBe(pass.expires);
  });
});

describe('a remembered device', () => {
  const device = (...proofs: Proof[]) => ({ proofs });
  const kept = device(old(secret, DAY), old(code, DAY));
  const rows: Row[] = [
    [
      'stands for the second factor',
      { evidence: [secret], device: kept },
      { satisfied: true, level: 'mfa', acr: REFEDS_MFA, amr: ['mfa', 'pwd'], remembered: true, authTime: NOW },
    ],
    ['is no first factor', { device: kept }, { missing: 'first', remembered: false }],
    ['never supplies knowledge', { evidence: [code], device: kept }, { missing: 'first' }],
    [
      'is not needed for sfa',
      { evidence: [secret], device: kept, requirement: requirement({ level: 'sfa' }) },
      { satisfied: true, level: 'sfa', remembered: false },
    ],
    ['is not needed beside a code', { evidence: [secret, code], device: kept }, { satisfied: true, remembered: false }],
    [
      'as old as the window',
      { evidence: [secret], device: device(old(code, HOUR)), requirement: requirement({ remember: HOUR }) },
      { satisfied: true },
    ],
    [
      'older than the window',
      { evidence: [secret], device: kept, requirement: requirement({ remember: DAY - 1 }) },
      { missing: 'second', remembered: false },
    ],
    [
      'window of zero',
      { evidence: [secret], device: device(code), requirement: requirement({ remember: 0 }) },
      { missing: 'second' },
    ],
    [
      'never',
      { evidence: [secret], device: device(code), requirement: requirement({ remember: DAY, perRequest: true }) },
      { missing: 'second' },
    ],
    ['an expired proof', { evidence: [secret], device: device({ ...code, expires: NOW }) }, { missing: 'second' }],
    [
      'a proof from the future',
      { evidence: [secret], device: device({ ...code, at: NOW + DAY }) },
      { missing: 'second' },
    ],
    ['a bootstrap proof', { evidence: [secret], device: device({ ...code, bootstrap: true }) }, { missing: 'second' }],
    [
      'a factor off the list',
      { evidence: [secret], device: kept, requirement: requirement({ factors: ['key'] }) },
      { missing: 'second' },
    ],
    [
      'freshness bounds the session, not the device',
      { evidence: [secret], device: kept, requirement: requirement({ freshness: HOUR }) },
      { satisfied: true, remembered: true },
    ],
    [
      'max_age bounds the sign-in, not the device',
      { evidence: [secret], device: kept, wants: wants({ maxAge: 0 }) },
      { satisfied: true, remembered: true },
    ],
    [
      'a key on it is mfa',
      { evidence: [secret], device: device(old(attested, DAY)) },
      { satisfied: true, level: 'mfa' },
    ],
    [
      'a key on it is not phr',
      { evidence: [secret], device: device(old(attested, DAY)), requirement: requirement({ level: 'phr' }) },
      { missing: 'second', level: 'sfa', remembered: false },
    ],
    ['its own amr is not claimed', { evidence: [secret], device: device(old(key, DAY)) }, { amr: ['mfa', 'pwd'] }],
    [
      'meets a requested class',
      {
        evidence: [secret],
        device: kept,
        requirement: requirement({ level: 'sfa' }),
        wants: wants({ acrValues: [REFEDS_MFA], acrEssential: true }),
      },
      { satisfied: true, acr: REFEDS_MFA, remembered: true },
    ],
    [
      'not one beyond mfa',
      { evidence: [secret], device: kept, wants: wants({ acrValues: ['phr'], acrEssential: true }) },
      { missing: 'second', unreachable: false },
    ],
  ];
  it.each(rows)('%s', (_, change, expected) => {
    expectFields(assess(input(change)), expected);
  });
});

describe('requested classes', () => {
  const ask = (...acrValues: string[]) => ({ wants: wants({ acrValues }), requirement: requirement({ level: 'sfa' }) });
  const must = (...acrValues: string[]) => ({ ...ask(), wants: wants({ acrValues, acrEssential: true }) });
  const rows: Row[] = [
    [
      'voluntary raises',
      { ...ask(REFEDS_MFA), evidence: [secret] },
      { wanted: 'mfa', missing: 'second', unreachable: false },
    ],
    [
      'any of these: the lowest',
      { ...ask('phr', REFEDS_MFA), evidence: [secret, code] },
      { wanted: 'mfa', satisfied: true, acr: REFEDS_MFA },
    ],
    [
      'the first one that is satisfied',
      { ...ask('phr', REFEDS_MFA), evidence: [passkey] },
      { satisfied: true, acr: 'phr' },
    ],
    [
      'never lowers policy',
      { evidence: [secret], wants: wants({ acrValues: [REFEDS_SFA], acrEssential: true }) },
      { wanted: 'mfa', missing: 'second', unreachable: false },
    ],
    [
      'a lower class is what is sent',
      { evidence: [secret, code], wants: wants({ acrValues: [REFEDS_SFA] }) },
      { satisfied: true, acr: REFEDS_SFA, level: 'mfa' },
    ],
    [
      'unknown ones are ignored',
      { ...ask('urn:x', REFEDS_MFA), evidence: [secret, code] },
      { satisfied: true, acr: REFEDS_MFA },
    ],
    [
      'only unknown, voluntary',
      { ...ask('urn:x'), evidence: [secret] },
      { satisfied: true, acr: REFEDS_SFA, unreachable: false },
    ],
    [
      'only unknown, essential',
      { ...must('urn:x'), evidence: [attested] },
      { satisfied: false, missing: undefined, unreachable: true },
    ],
    [
      'only unknown, essential, nobody there yet',
      must('urn:x'),
      { satisfied: false, missing: 'first', unreachable: true },
    ],
    [
      'essential without values asks for the claim alone',
      { ...must(), evidence: [secret] },
      { satisfied: true, acr: REFEDS_SFA, unreachable: false },
    ],
    [
      'voluntary out of reach is passed over',
      { ...ask('phr'), evidence: [secret], reachable: 'mfa' },
      { wanted: 'sfa', satisfied: true, unreachable: false },
    ],
    [
      'voluntary, reach unknown',
      { ...ask(REFEDS_MFA), evidence: [secret], reachable: undefined },
      { wanted: 'sfa', satisfied: true },
    ],
    [
      'essential out of reach',
      { ...must('phr'), evidence: [secret], reachable: 'mfa' },
      { wanted: 'phr', satisfied: false, missing: 'second', unreachable: true },
    ],
    [
      'essential, reach unknown',
      { ...must(REFEDS_MFA), evidence: [secret], reachable: undefined },
      { satisfied: false, unreachable: true },
    ],
    ['essential, nobody there yet', { ...must('phr'), reachable: undefined }, { missing: 'first', unreachable: false }],
    [
      'essential, held though out of reach',
      { ...must('phr'), evidence: [passkey], reachable: 'sfa' },
      { satisfied: true, acr: 'phr', unreachable: false },
    ],
    ['essential, one of them held', { ...must('phrh', 'phr'), evidence: [passkey] }, { satisfied: true, acr: 'phr' }],
  ];
  it.each(rows)('%s', (_, change, expected) => {
    expectFields(assess(input(change)), expected);
  });

  it('claims no class where the table has none', () => {
    expect(assess(input({ evidence: [secret, code], acr: new Map([['phr', 'phr']]) })).acr).toBeUndefined();
  });
});
