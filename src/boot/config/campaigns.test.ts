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
const old = { ...chip, id: 'old', implied: true as const };
const modules: Modules = { ...testModules, factors: new Map([...testModules.factors, ['word', word], ['old', old]]) };
const library = { name: 'Library', web: { redirectUris: ['https://library.example/callback'] } };
const CAMPAIGN = {
  ...{ name: 'leave', groups: ['staff'], leaves: ['old'], to: ['chip'] },
  ...{ from: '2027-07-01', end: '2027-09-01' },
};

function load(campaigns: object[], rules: object[] = []): Config {
  const factors = { word: {}, chip: {}, whistle: {}, old: {} };
  const policy = { rules, campaigns };
  const text = configText({ factors, applications: { library }, policy, timeZone: 'Asia/Hong_Kong' });
  return loadConfig(join(folderWith({ 'sallyport.yaml': text }), 'sallyport.yaml'), modules, {}, NOW);
}

/** Paths and messages of faults, each with its line. */
function faults(...campaigns: object[]): string[][] {
  try {
    load(campaigns);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { line } of error.faults) expect(line).toBeGreaterThan(1);
    return error.faults.map(({ path, message }) => [path.replace('policy.campaigns', ''), message]);
  }
  return [];
}

describe('a campaign', () => {
  it('begins and ends with the institution’s days', () => {
    expect(load([CAMPAIGN]).campaigns).toEqual([
      {
        ...{ name: 'leave', groups: ['staff'], leaves: ['old'], to: ['chip'], snooze: 7 * 86_400_000 },
        ...{ from: Date.parse('2027-06-30T16:00:00Z'), end: Date.parse('2027-08-31T16:00:00Z') },
        reminders: [30, 7, 1].map((days) => days * 86_400_000),
      },
    ]);
  });

  it('may not name what isn’t there or leads nowhere, end before it begins, or have another’s name', () => {
    expect(
      faults(
        { ...CAMPAIGN, to: ['chpi'] },
        { ...CAMPAIGN, name: 'second', to: ['old', 'word'], end: '2027-07-01' },
        { ...CAMPAIGN, leaves: ['olt'] },
      ),
    ).toEqual([
      ['[0].to[0]', "chpi isn't in factors, did you mean chip?"],
      ['[1].to[0]', 'old is in leaves as well'],
      ['[1].to[1]', 'word is nothing that people set up as a second step of their own'],
      ['[1].end', 'must be after from, 2027-07-01: end is no part of the campaign'],
      ['[2].name', 'is the name of policy.campaigns[0] as well: choose another'],
      ['[2].leaves[0]', "olt isn't in factors, did you mean old?"],
    ]);
    expect(faults({ ...CAMPAIGN, groups: [] })).toEqual([['[0].groups', 'is empty: name at least one']]);
  });

  it('is warned of where nobody hears of it, and where it names people a later date than a rule does', () => {
    const periods = [{ until: '2027-08-01', use: ['old'] }, { use: ['chip'] }];
    const rule = (more: object) => ({ name: 'r', groups: ['staff'], level: 'sfa', factors: periods, ...more });
    const unheard = 'policy.campaigns: no sender carries mail, so that nobody is written to';
    const late = 'campaign "leave" names 2027-09-01, but rule "r" lets old in until 2027-08-01 alone';
    expect(load([CAMPAIGN], [rule({})]).warnings).toEqual([unheard, late]);
    expect(load([CAMPAIGN], [rule({ groups: ['students'] })]).warnings).toEqual([unheard]);
    expect(load([{ ...CAMPAIGN, end: '2027-08-01' }], [rule({})]).warnings).toEqual([unheard]);
    expect(load([{ ...CAMPAIGN, from: '2026-07-01', end: '2026-09-01' }]).warnings).toEqual([]);
  });
});
