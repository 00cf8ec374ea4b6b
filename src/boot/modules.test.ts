import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadModules } from './modules.ts';
import { folderWith } from './testing/folder.ts';

const factor = (id: string) =>
  `export default { id: '${id}', settings: { safeParse() {} }, create() {}, open() {}, kind: 'durable' };`;
const load = (files: Record<string, string>) => loadModules(pathToFileURL(`${folderWith(files)}/`));

describe('plug-ins', () => {
  it('are found by folder', async () => {
    const modules = await load({
      'factors/one/index.ts': factor('one'),
      'factors/two/index.ts': factor('two'),
      'factors/notes.md': 'not a folder',
      'stores/disk/index.ts': factor('disk'),
      'stores/cache/index.ts': factor('cache').replace('durable', 'ephemeral'),
    });
    expect([...modules.factors.keys()]).toEqual(['one', 'two']);
    expect([...modules.stores.durable.keys()]).toEqual(['disk']);
    expect([...modules.stores.ephemeral.keys()]).toEqual(['cache']);
    expect(modules.doors.size + modules.directories.size).toBe(0);
  });

  it.each([
    ['another id than the folder', factor('two'), /its id is two, its folder one/],
    ['no default export', 'export const id = 1;', /no default export/],
    ['no create()', factor('one').replace('create', 'make'), /no create\(\)/],
    ['settings that are no schema', factor('one').replace('safeParse', 'check'), /zod schema/],
    ['a fault while it loads', 'throw new Error("broken")', /broken/],
  ])('with %s stop the start', async (_, text, message) => {
    await expect(load({ 'factors/one/index.ts': text })).rejects.toThrow(message);
  });

  it('without index.ts stop the start', async () => {
    await expect(load({ 'doors/one/readme.md': '' })).rejects.toThrow(/index\.ts/);
  });

  it('run the commands that their commands.ts offers, and no others', async () => {
    const offers = "export const groups = { bell: 'x' }; export const commands = [{ name: 'bell ring' }];";
    const module = (commands: string) =>
      `import { commands } from './commands.ts'; ${factor('one').replace('id:', `commands: ${commands}, id:`)}`;
    const { factors } = await load({ 'factors/one/index.ts': module('commands'), 'factors/one/commands.ts': offers });
    expect(factors.get('one')?.commands).toMatchObject([{ name: 'bell ring' }]);
    const others: Record<string, string>[] = [
      { 'factors/one/index.ts': module('[...commands]'), 'factors/one/commands.ts': offers },
      { 'factors/one/index.ts': factor('one'), 'factors/one/commands.ts': offers },
      { 'factors/one/index.ts': factor('one').replace('id:', 'commands: [], id:') },
    ];
    for (const files of others) {
      await expect(load(files)).rejects.toThrow(/must be those that its commands\.ts exports/);
    }
  });

  it('of the store kind must say which', async () => {
    await expect(load({ 'stores/one/index.ts': factor('one').replace('durable', 'other') })).rejects.toThrow(/kind/);
  });
});
