import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasCode } from '../core/errors.ts';
import { lockData } from './lock.ts';
import { folderWith } from './testing/folder.ts';

/** Another process that holds the folder. */
async function holder(folder: string): Promise<ChildProcess> {
  const lock = JSON.stringify(new URL('lock.ts', import.meta.url).href);
  const script = `import { lockData } from ${lock}; lockData(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

function isLocked(folder: string): boolean {
  try {
    lockData(folder).release();
    return false;
  } catch (error) {
    if (hasCode(error, 'ERR_DATA_LOCKED')) return true;
    throw error;
  }
}

describe('the data lock', () => {
  it('is held by one at a time, in this process too', () => {
    const folder = folderWith();
    const lock = lockData(folder);
    expect(isLocked(folder)).toBe(true);
    lock.release();
    expect(isLocked(folder)).toBe(false);
  });

  it('makes the folder for its owner alone', () => {
    const data = join(folderWith(), 'deep', 'data');
    lockData(data).release();
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(statSync(join(data, 'lock')).mode & 0o777).toBe(0o600);
  });

  it('ends with its owner, kill -9 included', async () => {
    const folder = folderWith();
    const child = await holder(folder);
    expect(isLocked(folder)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isLocked(folder)).toBe(false);
  });

  it('of a folder that cannot be written is an error of another kind', () => {
    const folder = folderWith({ file: '' });
    expect(() => lockData(join(folder, 'file', 'data'))).toThrow(/ENOTDIR/);
  });
});
