import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadOffers } from './offers.ts';
import { folderWith } from './testing/folder.ts';

const load = (files: Record<string, string>) => loadOffers(pathToFileURL(`${folderWith(files)}/`));
const offer = (name: string, about: string) =>
  `export const groups = { bell: '${about}' };
   export const commands = [{ name: '${name}', summary: 'ring it', run: () => import('./missing.ts') }];`;

describe('commands of plug-ins', () => {
  it('are found by folder, while nothing else of it is loaded', async () => {
    const broken = 'throw new Error("loaded");';
    const { commands, groups } = await load({
      'directories/one/index.ts': broken,
      'doors/two/index.ts': broken,
      'doors/two/commands.ts': offer('bell ring', 'about the bell'),
      'factors/three/index.ts': broken,
      'factors/three/commands.ts': offer('bell stop', 'never shown: the first one says it'),
      'stores/four/commands.ts': broken,
    });
    expect(commands.map(({ name }) => name)).toEqual(['bell ring', 'bell stop']);
    expect(groups).toEqual({ bell: 'about the bell' });
  });

  it('are none where there is no plug-in', async () => {
    expect(await load({ 'notes.md': '' })).toEqual({ commands: [], groups: {} });
  });

  it.each([
    ['no list', 'export const commands = {};', /commands\.ts: exports no list of commands/],
    ['a name of one word', offer('bell', 'x'), /bell must be two words/],
    ['a name of three words', offer('bell ring loudly', 'x'), /bell ring loudly must be two words/],
    ['a group that nobody describes', offer('horn blow', 'x'), /don't say what horn is about/],
  ])('with %s are refused', async (_, text, message) => {
    await expect(load({ 'factors/one/commands.ts': text })).rejects.toThrow(message);
  });
});
