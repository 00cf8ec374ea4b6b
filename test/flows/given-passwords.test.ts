import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BUILT_IN, createPasswordRules, type PasswordProfile } from '../../src/accounts/passwords/index.ts';
import { passwordsPort } from '../../src/boot/passwords/index.ts';
import type { CommandInput } from '../../src/core/directory.ts';
import { createQueue } from '../../src/core/queue.ts';
import { commands } from '../../src/directories/local/commands.ts';
import { LocalDirectory } from '../../src/directories/local/directory.ts';
import { createMemoryRecords } from '../../src/directories/local/double.ts';
import { createHasher } from '../../src/directories/local/hasher.ts';
import { createPeople } from '../../src/directories/local/people.ts';

const CLASSIC: PasswordProfile = { names: ['classic'], ...BUILT_IN.classic };

function fixture(profile = CLASSIC) {
  const profiles = new Map([['only', { profile }]]);
  const policy = { profiles, default: 'only', names: ['Example University'], adopt: 'expiry', spread: 0 } as const;
  const records = createMemoryRecords();
  const people = createPeople(records);
  let now = 1_000;
  const directory = new LocalDirectory(
    people,
    createHasher({ memory: 64, passes: 1, parallelism: 1 }, createQueue(2, 99)),
    {
      now: () => now++,
      random: randomBytes,
      signInWith: { names: ['username'], domains: [], realms: [] },
      passwords: passwordsPort(createPasswordRules({ passwordPolicy: policy }), ({ key }) => key),
    },
  );
  const run = async (name: string, args: string[], input: Partial<CommandInput> = {}) =>
    commands.find((command) => command.name === name)?.run(directory, { args, options: {}, ...input });
  const key = async () => String((await directory.find('ada'))?.key);
  const signIn = async (password: string) => directory.verifyPassword(await key(), password);
  const choose = async (password: string, history: number = CLASSIC.history) =>
    directory.changePassword(await key(), password, undefined, { history }).catch((error) => error.rule);
  return { directory, people, run, key, signIn, choose };
}

const generated = (lines: readonly string[] = []): string => /: (\S+)$/.exec(lines.at(-1) ?? '')?.[1] ?? '';

describe('a password that somebody else sets', () => {
  it('is changed by its owner, who may keep what they chose', async () => {
    const { directory, run, signIn, choose } = fixture();
    await run('user add', ['ada'], { stdin: 'amber lanes 7' });
    expect(await signIn('amber lanes 7')).toBe('must-change');
    expect(await directory.find('ada')).toMatchObject({
      password: 'must-change',
      passwordChangedAt: expect.any(Number),
    });
    await choose('slow harbour 8');
    expect(await signIn('slow harbour 8')).toBe('ok');
    expect(await directory.find('ada')).not.toHaveProperty('password');

    await run('user passwd', ['ada'], { stdin: 'quiet orchard 9' });
    expect(await signIn('quiet orchard 9')).toBe('must-change');
    await run('user passwd', ['ada'], { stdin: 'quiet orchard 9', options: { keep: true } });
    expect(await signIn('quiet orchard 9')).toBe('ok');
    const update = { stdin: 'username,password\nada,green valley 10\n', options: { update: true } };
    expect(await run('user import', [], update)).toMatchObject({ exitCode: 0 });
    expect(await signIn('green valley 10')).toBe('must-change');
  });

  it('meets the policy, or is refused with all that is wrong', async () => {
    const { run } = fixture();
    expect(await run('user add', ['ada'], { stdin: 'short' })).toMatchObject({
      exitCode: 1,
      lines: ['new-password.too-short\nnew-password.lacks.digit'],
    });
    expect(await run('user add', ['ada'], { stdin: 'Passw0rd2026!' })).toMatchObject({
      lines: ['new-password.common'],
    });
    expect(await run('user add', ['lovelace'], { stdin: 'lovelace-2026' })).toMatchObject({
      lines: ['new-password.username'],
    });
    const csv = 'username,name,password\nada,Ada King,amber lanes 7\nbob,Bob,bob\nkim,Kim Lovelace,kimlovelace1\n';
    const { lines = [] } = (await run('user import', [], { stdin: csv })) ?? {};
    expect(lines).toEqual([
      'line 3: new-password.too-short',
      'line 3: new-password.lacks.digit',
      'line 4: new-password.personal',
      'Nothing was imported.',
    ]);
  });

  it.each<[string, PasswordProfile]>([
    ['10 to 18', CLASSIC],
    [
      'of every class',
      { ...CLASSIC, length: { minimum: 10, maximum: 12 }, composition: ['digit', 'lower', 'symbol', 'upper'] },
    ],
    [
      'of printable ASCII',
      { ...CLASSIC, length: { minimum: 8, maximum: 64 }, bytes: 20, characters: 'printable-ascii' },
    ],
  ])('is made so that the policy takes it: %s', async (_, profile) => {
    const { run, signIn } = fixture(profile);
    const made = generated((await run('user add', ['ada']))?.lines);
    expect(made.length).toBeGreaterThanOrEqual(profile.length.minimum);
    expect(await signIn(made)).toBe('must-change');
  });
});

describe('former passwords', () => {
  const choices = ['amber lanes 1', 'amber lanes 2', 'amber lanes 3', 'amber lanes 4', 'amber lanes 5'] as const;

  it('are none of the last three, and kept no longer', async () => {
    const { run, people, key, choose } = fixture();
    await run('user add', ['ada'], { stdin: choices[0] });
    for (const next of choices.slice(1, 4)) expect(await choose(next)).toBeUndefined();
    for (const former of choices.slice(0, 3)) expect(await choose(former)).toBe('history');
    expect(await choose(choices[4])).toBeUndefined();
    expect(await choose(choices[0])).toBeUndefined();
    expect((await people.get(await key()))?.person.formerHashes).toHaveLength(3);
  });

  it('are remembered whoever sets the next one, and forgotten where nobody asks for them', async () => {
    const { run, people, key, choose } = fixture();
    await run('user add', ['ada'], { stdin: choices[0] });
    await run('user passwd', ['ada'], { stdin: choices[1] });
    expect(await choose(choices[0])).toBe('history');
    expect(await choose(choices[2], 0)).toBeUndefined();
    expect((await people.get(await key()))?.person).not.toHaveProperty('formerHashes');
  });
});
