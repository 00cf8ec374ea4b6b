import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, type ConfigFault } from '../../core/errors.ts';
import { loadConfig } from '../config.ts';
import { configText, folderWith } from '../testing/folder.ts';
import { testModules } from '../testing/modules.ts';
import { passwordFaults } from './password-checks.ts';
import { passwordPolicyOf } from './password-profiles.ts';
import { secondFactorFaults } from './second-factor-checks.ts';
import { passwordPolicy as schema } from './sections/passwords.ts';
import type { Subject } from './subject.ts';

const DAY = 86_400_000;

const faultsOf = (written: unknown) =>
  passwordFaults({ tree: {}, parsed: { passwordPolicy: schema.parse(written) } } as unknown as Subject).map(
    ({ path, message }) => `${path.slice(1).join('.')}: ${message}`,
  );

describe('password profiles', () => {
  it.each([
    [{}, []],
    [{ profiles: { classic: { groups: ['staff'] }, vpn: { groups: ['vpn'], bytes: 112 } } }, []],
    [{ default: 'classic' }, []],
    [{ default: 'own' }, ['default: is no profile: choose one of nist, classic']],
    [{ profiles: { own: {} } }, ['profiles.own: reaches nobody: name its groups, or make it passwordPolicy.default']],
    [
      { profiles: { own: { groups: ['a'], minimum: 20, maximum: 18 } } },
      ['profiles.own: can’t be met: 20 characters at least, 18 characters at most'],
    ],
    [
      { profiles: { long: { groups: ['a'], minimum: 20 }, classic: { groups: ['b'] } } },
      ['profiles.classic: can’t be met by who is under long as well: 20 characters at least, 18 at most'],
    ],
    [
      { profiles: { few: { groups: ['a'], bytes: 18, minimum: 8 }, long: { groups: ['b'], minimum: 20 } } },
      ['profiles.long: can’t be met by who is under few as well: 20 characters at least, 18 at most'],
    ],
    // Nobody known is under both: whoever is in no group has the default, and nobody else has.
    [{ default: 'long', profiles: { long: { minimum: 20 }, classic: { groups: ['b'] } } }, []],
  ])('%j: %j', (written, expected) => {
    expect(faultsOf(written)).toEqual(expected);
  });

  it('are warned of where they have secret questions that nobody is asked', () => {
    function warnings(ways: string[]) {
      const old = { groups: ['old'], reset: { ways, legacySecretQuestions: true } };
      const folder = folderWith({ 'sallyport.yaml': configText({ passwordPolicy: { profiles: { old } } }) });
      return loadConfig(join(folder, 'sallyport.yaml'), testModules, {}, 0).warnings.join();
    }
    expect(warnings(['issued'])).toContain('profiles.old.reset.legacySecretQuestions asks nobody anything');
    expect(warnings(['issued', 'saved'])).not.toContain('legacySecretQuestions');
  });

  it('are as the one that they are like, but for what is written', () => {
    const written = {
      minimum: 12,
      profiles: {
        classic: { groups: ['a'], expiry: { after: '90d', enforcedGroups: ['finance'] }, lockout: 'never' },
        guarded: { groups: ['b'], secondFactor: 'always' },
        plain: { groups: ['c'], expiry: { remind: '7d' }, reset: { ways: ['text', 'mail', 'text'] } },
      },
    };
    const { profiles } = passwordPolicyOf(schema.parse(written), ['Example University']);
    expect(profiles.get('nist')?.profile.length).toEqual({ minimum: 12, maximum: 128 });
    expect(profiles.get('classic')).toMatchObject({
      profile: { length: { minimum: 10, maximum: 18 }, expiry: { after: 90 * DAY, remind: 14 * DAY, disable: true } },
      enforcedGroups: ['finance'],
    });
    expect(profiles.get('classic')?.profile.lockout).toBeUndefined();
    expect(profiles.get('guarded')?.profile).toMatchObject({ secondFactor: true, length: { minimum: 8 } });
    expect(profiles.get('plain')?.profile).toMatchObject({
      length: { minimum: 12 },
      expiry: { after: 180 * DAY, remind: 7 * DAY },
      reset: { ways: ['mail', 'text'], effectiveAfter: 0 },
    });
  });
});

it('profiles that can’t be met are refused with file and line', () => {
  const text = configText({
    passwordPolicy: {
      profiles: {
        long: { groups: ['a'], minimum: 20 },
        classic: { groups: ['b'] },
        guarded: { groups: ['c'], minimum: 15, secondFactor: 'always' },
      },
    },
    policy: { rules: [{ name: 'a', level: 'sfa' }] },
  });
  const lineOf = (part: string) => text.split('\n').findIndex((line) => line.includes(part)) + 1;
  const folder = folderWith({ 'sallyport.yaml': text });
  let faults: readonly ConfigFault[] = [];
  try {
    loadConfig(join(folder, 'sallyport.yaml'), testModules, {});
  } catch (error) {
    if (error instanceof ConfigError) faults = error.faults;
  }
  expect(faults.map(({ path, line }) => [path, line])).toEqual([
    ['passwordPolicy.profiles.classic', lineOf('"classic"')],
    ['passwordPolicy.profiles.guarded.secondFactor', lineOf('"secondFactor"')],
  ]);
});

describe('a second factor that is declared to be asked always', () => {
  const guarded = { profiles: { guarded: { groups: ['staff'], secondFactor: 'always' } } };
  const mfa = { name: 'all', level: 'mfa' };
  const check = (rules: readonly object[], written: unknown = guarded) => {
    const applications = { library: {}, courses: {} };
    const parsed = { passwordPolicy: schema.parse(written), policy: { rules }, applications, networks: { campus: [] } };
    return secondFactorFaults({ tree: {}, parsed } as unknown as Subject, 1_000).map(({ path, message }) => {
      expect(path).toEqual(['passwordPolicy', 'profiles', 'guarded', 'secondFactor']);
      return /into (\S+)/.exec(message)?.[1];
    });
  };

  it.each<[string, readonly object[], string[]]>([
    ['no rule, and so the default', [], []],
    ['a rule for all', [mfa], []],
    ['an application that lets passwords in', [{ name: 'a', applications: ['courses'], level: 'sfa' }], ['courses']],
    ['that, but not for these', [mfa, { name: 'a', applications: ['courses'], level: 'sfa' }], []],
    ['a network that is trusted', [{ name: 'a', networks: ['campus'], level: 'sfa' }], ['library']],
    ['another group that they may be in', [{ name: 'a', groups: ['guests'], level: 'sfa' }], ['library']],
    ['others alone', [{ name: 'a', notGroups: ['staff'], level: 'sfa' }], []],
    [
      'a time of grace',
      [
        { ...mfa, grace: 10_000 },
        { name: 'until then', level: 'sfa' },
      ],
      ['library'],
    ],
    [
      'one that begins later',
      [
        { ...mfa, from: 2_000 },
        { name: 'until then', level: 'sfa' },
      ],
      ['library'],
    ],
    ['one that refuses', [{ name: 'a', level: 'sfa', deny: true }], []],
  ])('%s', (_, rules, expected) => {
    expect(check(rules)).toEqual(expected);
  });

  it('is held against rules for everybody where the profile is the default', () => {
    const written = { default: 'guarded', profiles: { guarded: { secondFactor: 'always' } } };
    expect(check([{ name: 'a', level: 'sfa', groups: ['guests'] }], written)).toEqual(['library']);
    expect(check([], written)).toEqual([]);
  });
});
