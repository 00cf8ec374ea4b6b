import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/errors.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Modules } from '../modules.ts';
import { configText, folderWith } from '../testing/folder.ts';
import { testModules } from '../testing/modules.ts';

const NOW = Date.parse('2027-01-01T00:00:00Z');
const chip = testModules.factors.get('chip');
if (chip === undefined) throw new Error('the tests’ modules have no chip');
const word = { ...chip, id: 'word', kinds: ['knowledge' as const] };
const modules: Modules = { ...testModules, factors: new Map([...testModules.factors, ['word', word]]) };
const library = { name: 'Library', web: { redirectUris: ['https://library.example/callback'] } };

function load(rules: object[], timeZone = 'UTC'): Config {
  const factors = { word: {}, chip: {}, whistle: {} };
  const applications = { library, courses: library };
  const text = configText({ factors, applications, policy: { rules }, timeZone });
  return loadConfig(join(folderWith({ 'sallyport.yaml': text }), 'sallyport.yaml'), modules, {}, NOW);
}

/** Paths and messages. */
function faults(...rules: object[]): string[][] {
  try {
    load(rules);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => [path, message]);
    throw error;
  }
  return [];
}

const rule = (...periods: object[]) => ({ name: 'moving', level: 'mfa', factors: periods });
const ofRule = (...periods: object[]) => faults(rule(...periods));

describe('rules with a calendar', () => {
  it('begin their dates with the institution’s days, and end before the last', () => {
    const zoned = (timeZone: string, until: string) =>
      load([rule({ until, use: ['chip'] }, { from: until, use: ['whistle'] })], timeZone).rules[0];
    expect(zoned('Asia/Hong_Kong', '2027-09-01')).toEqual({
      ...{ name: 'moving', level: 'mfa' },
      calendar: [
        { until: Date.parse('2027-08-31T16:00:00Z'), use: ['chip'] },
        { from: Date.parse('2027-08-31T16:00:00Z'), use: ['whistle'] },
      ],
    });
    const until = (timeZone: string, date: string) => zoned(timeZone, date)?.calendar?.[0]?.until;
    expect(until('Europe/Amsterdam', '2027-07-01')).toBe(Date.parse('2027-06-30T22:00:00Z'));
    // Clocks go from 24:00 to 1:00 on that night: the day has no midnight.
    expect(until('Africa/Cairo', '2027-04-30')).toBe(Date.parse('2027-04-29T22:00:00Z'));
    expect(until('Asia/Hong_Kong', '2027-09-01T08:00:00+02:00')).toBe(Date.parse('2027-09-01T06:00:00Z'));
  });

  it('may not have gaps, end before they begin, or name what isn’t there', () => {
    expect(ofRule({ until: '2027-07-01', use: ['chip'] }, { from: '2027-09-01', use: ['whistle'] })).toEqual([
      [
        'policy.rules[0].factors',
        'lets in no factor from 2027-07-01 until 2027-09-01: have one period begin where another ends',
      ],
    ]);
    expect(ofRule({ from: '2027-07-01', use: ['chip'] })).toEqual([
      ['policy.rules[0].factors', expect.stringContaining('lets in no factor until 2027-07-01')],
    ]);
    expect(ofRule({ from: '2027-07-01', until: '2027-07-01', use: ['chip'] }, { use: ['whistle'] })).toEqual([
      ['policy.rules[0].factors[0].until', 'must be after from, 2027-07-01: until is no part of the period'],
    ]);
    expect(ofRule({ use: ['chpi', 'whistle'] })).toEqual([
      ['policy.rules[0].factors[0].use[0]', expect.stringContaining("chpi isn't in factors")],
    ]);
    expect(ofRule({ use: [] })).toEqual([['policy.rules[0].factors[0].use', 'is empty: name at least one']]);
    expect(ofRule({ use: ['chip'], to: '2027-01-01' })).toEqual([
      ['policy.rules[0].factors[0].to', 'is unknown; known here: from, until, use'],
    ]);
    expect(ofRule({ until: 'soon', use: ['chip'] })).toEqual([
      ['policy.rules[0].factors', expect.stringContaining('periods such as { from: 2027-07-01')],
    ]);
    expect(faults({ ...rule(), factors: ['chip', { use: ['whistle'] }] })).toEqual([
      ['policy.rules[0].factors', expect.stringContaining('or of periods such as')],
    ]);
    expect(ofRule()).toEqual([['policy.rules[0].factors', expect.stringContaining('is empty')]]);
  });

  it('may begin with the rule itself', () => {
    expect(faults({ ...rule({ from: '2027-07-01', use: ['chip'] }), from: '2027-07-01' })).toEqual([]);
  });

  it('are warned of where they will lock people out: whom, on which date, and why', () => {
    const all = (...rules: object[]) => load(rules, 'Asia/Hong_Kong').warnings;
    const ending = { until: '2027-09-01', use: ['chip'] };
    const moving = rule(ending, { from: '2027-07-01', use: ['whistle'] });
    expect(all(moving)).toEqual([]);
    expect(all(rule(ending))).toEqual(['from 2027-09-01 on nobody can sign in to library, courses: denied by moving']);
    const staff = { name: 'staff by chip', groups: ['staff'], applications: ['courses'], factors: ['chip'] };
    expect(all(moving, staff)).toEqual([
      'from 2027-09-01 on nobody of staff can sign in to courses: denied by moving, staff by chip',
    ]);
    const knowing = rule(ending, { from: '2027-09-01', use: ['word'] });
    expect(all(knowing)).toEqual([expect.stringMatching(/from 2027-09-01 on nobody .*\(word\) reach sfa/)]);
    // What ended already can't be foreseen any more: doctor says it.
    expect(all(rule({ ...ending, until: '2026-09-01' }))).toEqual([]);
  });
});
