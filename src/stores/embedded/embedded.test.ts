import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import embedded from './index.ts';

const MINUTE = 60_000;
const START = 1_795_000_000_000;
const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-embedded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data', 'ephemeral.db');
}

async function open(file: string, now: () => number = () => START) {
  const states: string[] = [];
  const store = await embedded.open({ file }, { now, onState: (state) => states.push(state) });
  onTestFinished(() => store.close());
  return { store, states };
}

it('keeps everything over a close', async () => {
  const file = newFile();
  const { store } = await open(file);
  await store.set('session', 'value', MINUTE);
  await store.add('mark', 'used', MINUTE);
  await store.attempt('budget', 1, MINUTE);
  await store.addMember('set', 'member', MINUTE);
  await store.close();
  const { store: later } = await open(file, () => START + MINUTE - 1);
  expect(await later.get('session')).toBe('value');
  expect(await later.add('mark', 'again', MINUTE)).toBe(false);
  expect(await later.attempt('budget', 1, MINUTE)).toEqual({ allowed: false, count: 1, retryAfter: 1 });
  expect(await later.members('set')).toEqual(['member']);
});

it('has every mark on file when the process is killed right after the answer', async () => {
  const file = newFile();
  const script = `
    const { default: embedded } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const store = await embedded.open({ file: ${JSON.stringify(file)} }, { now: () => ${START} });
    await store.set('code', 'value', ${MINUTE});
    await store.set('cell', 'one', ${MINUTE});
    await store.add('mark', 'used', ${MINUTE});
    await store.attempt('budget', 1, ${MINUTE});
    await store.swap('cell', 'one', 'two');
    await store.take('code');
    process.kill(process.pid, 'SIGKILL');
  `;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  expect(child.signal, child.stderr).toBe('SIGKILL');
  const { store } = await open(file);
  expect(await store.take('code')).toBeUndefined();
  expect(await store.add('mark', 'again', MINUTE)).toBe(false);
  expect(await store.get('cell')).toBe('two');
  expect(await store.attempt('budget', 1, MINUTE)).toMatchObject({ allowed: false });
});

it('purges what has expired, in more than one batch, and nothing else', async () => {
  const file = newFile();
  const { store } = await open(file);
  for (let index = 0; index < 700; index += 1) await store.set(`old ${index}`, 'x', MINUTE);
  await store.addMember('set', 'old', MINUTE);
  await store.addMember('set', 'new', 2 * MINUTE);
  await store.set('new', 'x', 2 * MINUTE);
  await store.close();
  const rows = (table: string) => {
    const db = new DatabaseSync(file, { readOnly: true });
    const row = db.prepare(`SELECT count(*) AS count FROM ${table}`).get();
    db.close();
    return row?.count;
  };
  expect(rows('entries')).toBe(701);
  for (let visit = 0; visit < 2; visit += 1) await (await open(file, () => START + MINUTE)).store.close();
  expect(rows('entries')).toBe(1);
  expect(rows('members')).toBe(1);
});

it('is readable for the owner alone', async () => {
  const file = newFile();
  const { store } = await open(file);
  await store.set('session', 'value', MINUTE);
  const mode = (path: string) => statSync(path).mode & 0o777;
  expect(mode(dirname(file))).toBe(0o700);
  expect([file, `${file}-wal`, `${file}-shm`].map(mode)).toEqual([0o600, 0o600, 0o600]);
});

it('refuses a file that is no database, and a path that can not be opened', async () => {
  const file = newFile();
  await (await open(file)).store.close();
  writeFileSync(file, 'not a database, but long enough to be read as the header of one, and more'.repeat(20));
  await expect(open(file)).rejects.toMatchObject(UNAVAILABLE);
  await expect(open(dirname(file))).rejects.toMatchObject(UNAVAILABLE);
  await expect(open(join(file, 'below', 'x.db'))).rejects.toMatchObject(UNAVAILABLE);
});

it('refuses while another process holds the lock, says so, and recovers', async () => {
  const file = newFile();
  const { store, states } = await open(file);
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  await expect(store.take('code')).rejects.toMatchObject(UNAVAILABLE);
  expect(states).toEqual(['up', 'down']);
  other.exec('ROLLBACK');
  await store.ping();
  expect(states).toEqual(['up', 'down', 'up']);
});
