import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BEGINNING, hashOf } from '../../src/audit/chain.ts';
import { addTo, endArchive } from '../../src/boot/backup/tar.ts';
import { lockData } from '../../src/boot/lock.ts';
import type { AuditEntry } from '../../src/core/store.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import sqlite from '../../src/stores/sqlite/index.ts';
import { configFile, sallyport } from '../support/commands.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { asksPassword } from '../support/scene.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** The command line in a process of its own, as beside a server. */
async function apart(config: string, ...words: string[]) {
  const child = spawn(process.execPath, [CLI, '--config', config, ...words]);
  const [[exitCode], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { exitCode, out, err };
}

/** A configuration with one person in it, and a backup of that. */
async function backedUp() {
  const folder = temporaryFolder();
  const config = configFile(folder, { type: 'sqlite' });
  expect((await sallyport(config, ['user', 'add', 'ada'], PASSWORD)).exitCode).toBe(0);
  const file = join(folder, 'backup.tar');
  expect(await sallyport(config, ['backup', file])).toMatchObject({ exitCode: 0, err: '' });
  return { folder, config, file };
}

const restore = (config: string, file: string, ...more: string[]) => sallyport(config, ['restore', file, ...more]);
const people = async (config: string) => (await sallyport(config, ['user', 'list'])).out;

async function start(folder: string, ports?: Gateway['ports']): Promise<Gateway> {
  const gateway = await startGateway({ folder, ...(ports ? { ports } : {}) });
  let closed = false;
  const close = gateway.close.bind(gateway);
  gateway.close = async () => {
    if (!closed) await close();
    closed = true;
  };
  onTestFinished(() => gateway.close());
  return gateway;
}

describe('a backup', () => {
  it('is one moment of a store that is being written to, and the chain in it is whole', async () => {
    const { folder, config } = await backedUp();
    const store = await createDurableStore(await sqlite.open({ file: join(folder, 'data', 'sallyport.db') }));
    let hash = BEGINNING.hash;
    const entry = (sequence: number): AuditEntry => {
      const rest = { id: `e-${sequence}`, node: 'busy', sequence, at: sequence, event: 'e', detail: {} };
      hash = hashOf(hash, rest);
      return { ...rest, hash };
    };
    let sequence = 0;
    let writing = true;
    const writer = (async () => {
      while (writing) {
        // Three at once, or none.
        await store.audit.append([1, 2, 3].map((at) => entry(sequence + at)));
        sequence += 3;
        await turn();
      }
    })();
    const file = join(folder, 'busy.tar');
    const done = await apart(config, 'backup', file);
    writing = false;
    await writer;
    await store.close();
    expect(done).toMatchObject({ exitCode: 0, err: '' });

    expect(await restore(config, file, '--dangerously-overwrite')).toMatchObject({ exitCode: 0, err: '' });
    const restored = await createDurableStore(await sqlite.open({ file: join(folder, 'data', 'sallyport.db') }));
    const last = (await restored.audit.head('busy'))?.sequence ?? 0;
    await restored.close();
    expect(last).toBeGreaterThan(0);
    expect(last).toBeLessThan(sequence);
    expect(last % 3).toBe(0);
    expect((await sallyport(config, ['audit', 'verify'])).exitCode).toBe(0);
  });

  it('is a file that tar reads, for its owner alone, with all that it holds by name and hash', async () => {
    const { folder, config, file } = await backedUp();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['backup.tar', 'config.yaml', 'data']);
    const listed = execFileSync('tar', ['tf', file], { encoding: 'utf8' });
    expect(listed).toBe('manifest.json\nephemeral.db\ndurable.db\n');
    const manifest = JSON.parse(execFileSync('tar', ['xOf', file, 'manifest.json'], { encoding: 'utf8' }));
    expect(manifest).toMatchObject({ format: 1, issuer: 'http://localhost:3000', sealingKey: expect.any(String) });
    for (const { name, sha256 } of manifest.parts) {
      const sum = execFileSync('sh', ['-c', `tar xOf ${file} ${name} | sha256sum`], { encoding: 'utf8' });
      expect(sum).toContain(sha256);
    }
    // Never over another one.
    const before = readFileSync(file);
    expect(await sallyport(config, ['backup', file])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('there already'),
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is only of what is in files, and of something', async () => {
    const folder = temporaryFolder();
    const server = configFile(
      folder,
      { type: 'postgres', url: 'postgresql://nobody@127.0.0.1:9/none' },
      {},
      'server.yaml',
    );
    for (const command of ['backup', 'restore']) {
      const told = await sallyport(server, [command, join(folder, 'x.tar')]);
      expect(told).toMatchObject({ exitCode: 2, err: expect.stringContaining("by that server's own means") });
    }
    const empty = configFile(folder, { type: 'sqlite' });
    const told = await sallyport(empty, ['backup', join(folder, 'x.tar')]);
    expect(told).toMatchObject({ exitCode: 2, err: expect.stringContaining('nothing to back up') });
    expect(existsSync(join(folder, 'x.tar'))).toBe(false);
  });
});

describe('restoring', () => {
  it('brings people back, and sessions only where they are asked for', async () => {
    const folder = temporaryFolder();
    const first = await start(folder);
    await first.addUser('ada');
    const ada = new PersonAtBrowser(first);
    await ada.password(await ada.begin('library'), 'ada');
    const config = join(folder, 'config.yaml');
    const file = join(folder, 'backup.tar');
    // Beside the running gateway.
    expect(await apart(config, 'backup', file)).toMatchObject({ exitCode: 0 });
    await first.addUser('later');
    await first.close();

    expect(await restore(config, file, '--dangerously-overwrite')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('without sessions and remembered devices'),
    });
    const second = await start(folder, first.ports);
    expect(await second.command('user list')).toHaveLength(2);
    expect(asksPassword(await ada.begin('library'))).toBe(true);
    await second.close();

    const told = await restore(config, file, '--dangerously-overwrite', '--with-sessions');
    expect(told).toMatchObject({ exitCode: 0, out: expect.stringContaining('good again') });
    const third = await start(folder, first.ports);
    expect((await ada.begin('library')).url.pathname).toBe('/library');
    expect((await third.command('audit verify')).join('\n')).toContain('are whole');
  });

  it('refuses while a server runs, and over data that is there, and changes nothing', async () => {
    const { folder, config, file } = await backedUp();
    expect(await restore(config, file)).toMatchObject({
      exitCode: 2,
      err: expect.stringMatching(/sallyport\.db is there already: with --dangerously-overwrite it is lost/),
    });
    const lock = lockData(join(folder, 'data'));
    expect(await restore(config, file, '--dangerously-overwrite')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('in use by another process'),
    });
    lock.release();
    expect(await people(config)).toContain('ada');
    expect(readdirSync(join(folder, 'data')).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  it('goes to an empty folder with the key that sealed it alone', async () => {
    const { folder, file } = await backedUp();
    const other = configFile(folder, { type: 'sqlite' }, { data: 'other' }, 'other.yaml');
    expect(await restore(other, file)).toMatchObject({ exitCode: 0, err: '' });
    expect(await people(other)).toContain('ada');
    const modes = ['sallyport.db'].map((name) => statSync(join(folder, 'other', name)).mode & 0o777);
    expect([statSync(join(folder, 'other')).mode & 0o777, ...modes]).toEqual([0o700, 0o600]);

    const key = 'gPH0NfZQpJ4cVx2s7kTt1mYw9bLhE3uRzDq6oWj8aKM';
    const wrong = configFile(folder, { type: 'sqlite' }, { data: 'wrong', secrets: { sealingKey: key } }, 'wrong.yaml');
    const none = configFile(folder, { type: 'sqlite' }, { data: 'none', secrets: {} }, 'none.yaml');
    for (const config of [wrong, none]) {
      expect(await restore(config, file)).toMatchObject({
        exitCode: 2,
        err: expect.stringContaining('sealed under the key'),
      });
    }
    expect(existsSync(join(folder, 'none', 'sealing.key'))).toBe(false);
    expect(existsSync(join(folder, 'none', 'sallyport.db'))).toBe(false);
  });

  it('refuses what was changed, cut off, or is something else, and keeps what is there', async () => {
    const { folder, config, file } = await backedUp();
    const whole = readFileSync(file);
    const spoilt = (name: string, bytes: Uint8Array) => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const changed = Buffer.from(whole);
    const at = changed.length - 5_000;
    changed[at] = (changed[at] ?? 0) ^ 1;
    const cut = spoilt('cut.tar', whole);
    truncateSync(cut, whole.length - 3_000);
    const foreign = join(folder, 'foreign.tar');
    mkdirSync(join(folder, 'some'));
    execFileSync('tar', ['cf', foreign, '-C', folder, 'some', 'config.yaml']);
    for (const [bad, message] of [
      [spoilt('changed.tar', changed), 'changed or damaged'],
      [cut, 'cut off'],
      [foreign, 'no backup'],
      [spoilt('text', Buffer.alloc(2_000, 'text')), 'no backup'],
      [spoilt('empty', Buffer.alloc(0)), 'cut off'],
      [forged(folder, { name: '../escape.db' }), 'no backup'],
      [forged(folder, { format: 2 }), 'no backup'],
      [join(folder, 'absent'), "can't be read"],
    ] as const) {
      const told = await restore(config, bad, '--dangerously-overwrite');
      expect(told, bad).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining(message) });
    }
    expect(existsSync(join(folder, 'escape.db'))).toBe(false);
    expect(await people(config)).toContain('ada');
    expect(readdirSync(join(folder, 'data')).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  it('refuses what would be read for ever, is there twice, or is no file', async () => {
    const { folder, config, file } = await backedUp();
    const whole = readFileSync(file);
    const archive = (name: string, ...pieces: Uint8Array[]) => {
      writeFileSync(join(folder, name), Buffer.concat(pieces));
      return join(folder, name);
    };
    const manifest = JSON.parse(execFileSync('tar', ['xOf', file, 'manifest.json'], { encoding: 'utf8' }));
    const twice = { ...manifest, parts: [...manifest.parts.slice(-1), ...manifest.parts.slice(-1)] };
    const repeated = join(folder, 'repeated.tar');
    const fd = openSync(repeated, 'w');
    addTo(fd, 'manifest.json', { text: JSON.stringify(twice) }, 0);
    closeSync(fd);
    for (const [bad, message] of [
      [archive('backwards.tar', sized(whole, '-0000001000')), 'no backup'],
      [archive('unsized.tar', sized(whole, 'size unknown')), 'no backup'],
      [archive('doubled.tar', readFileSync(repeated), restOf(whole)), 'no backup'],
      [folder, "can't be read"],
    ] as const) {
      const told = await restore(config, bad, '--dangerously-overwrite', '--with-sessions');
      expect(told, bad).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining(message) });
    }
    expect(await people(config)).toContain('ada');
  });

  it('refuses a backup that a newer program made', async () => {
    const { folder, config } = await backedUp();
    const store = await sqlite.open({ file: join(folder, 'data', 'sallyport.db') });
    await store.close();
    execFileSync(process.execPath, [
      '-e',
      `new (require('node:sqlite').DatabaseSync)(process.argv[1]).exec("INSERT INTO kysely_migration VALUES ('9999-later', '2099-01-01T00:00:00.000Z')")`,
      join(folder, 'data', 'sallyport.db'),
    ]);
    const file = join(folder, 'newer.tar');
    expect((await sallyport(config, ['backup', file])).exitCode).toBe(0);
    const other = configFile(folder, { type: 'sqlite' }, { data: 'other' }, 'other.yaml');
    expect(await restore(other, file)).toMatchObject({ exitCode: 2, err: expect.stringContaining('newer program') });
    expect(existsSync(join(folder, 'other', 'sallyport.db'))).toBe(false);
  });
});

/** An archive with a manifest of another's making. */
function forged(folder: string, { name = 'durable.db', format = 1 }: { name?: string; format?: number }): string {
  const file = join(folder, `forged-${format}-${name.length}.tar`);
  const contents = join(folder, 'contents');
  writeFileSync(contents, 'contents');
  const manifest = {
    ...{ format, program: '0', made: new Date().toISOString(), issuer: '', sealingKey: '' },
    parts: [{ name, type: 'sqlite', bytes: 8, sha256: '0'.repeat(64) }],
  };
  const fd = openSync(file, 'w');
  addTo(fd, 'manifest.json', { text: JSON.stringify(manifest) }, 0);
  addTo(fd, name, { file: contents }, 0);
  endArchive(fd);
  closeSync(fd);
  return file;
}

/** The archive with another size in its first header, and the sum to it. */
function sized(archive: Uint8Array, size: string): Buffer {
  const changed = Buffer.from(archive);
  changed.fill(0, 124, 136).write(size, 124, 12);
  changed.write('        ', 148);
  const sum = changed.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return changed;
}

/** What follows the manifest in an archive. */
function restOf(archive: Buffer): Buffer {
  const size = Number.parseInt(archive.subarray(124, 135).toString(), 8);
  return archive.subarray(512 + 512 * Math.ceil(size / 512));
}
