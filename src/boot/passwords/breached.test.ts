import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/folders.ts';
import { breachedBy } from './index.ts';
import { sha1Of } from './sha1.ts';

const warnings: unknown[] = [];
const log = { warn: (facts: object) => void warnings.push(facts) };
afterEach(() => void warnings.splice(0));

const nobody = () => Promise.reject(new Error('nobody is asked'));
const fileOf = (passwords: readonly string[], end = '\r\n') =>
  passwords
    .map((one, at) => `${sha1Of(one)}:${at + 1}${end}`)
    .sort()
    .join('');

describe('a file of leaked passwords', () => {
  let file = '';
  const ask = (password: string) => breachedBy({ file }, { fetch: nobody, log })?.(password);
  beforeEach(() => {
    file = join(temporaryFolder(), 'pwned.txt');
  });

  it('holds exactly those that are in it, whatever their number', async () => {
    const words = fc.uniqueArray(fc.string({ maxLength: 12 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(words, fc.constantFrom('\n', '\r\n'), async (all, end) => {
        const listed = all.slice(0, all.length / 2);
        writeFileSync(file, fileOf(listed, end));
        for (const one of all) expect(await ask(one)).toBe(listed.includes(one) ? 'known' : 'unknown');
      }),
      { numRuns: 40 },
    );
    expect(warnings).toEqual([]);
  });

  it('is searched as it lies there now', async () => {
    writeFileSync(file, fileOf(['one']));
    expect(await ask('two')).toBe('unknown');
    writeFileSync(file, fileOf(['one', 'two']).trimEnd());
    expect(await ask('two')).toBe('known');
  });

  it.each([
    ['is gone', () => rmSync(file, { force: true })],
    ['is something else', () => writeFileSync(file, 'username,password\n'.repeat(50))],
    ['has no lines', () => writeFileSync(file, Buffer.alloc(10_000))],
    ['has a long line', () => appendFileSync(file, 'x'.repeat(1_000))],
  ])('that %s lets nobody take a password for safe', async (_, spoil) => {
    writeFileSync(file, '');
    spoil();
    expect(await ask('one')).toBe('unavailable');
    expect(warnings).toHaveLength(1);
  });
});

describe('a range service', () => {
  const digest = sha1Of('one');
  const asked: { url: string; headers: unknown }[] = [];
  const answering = (answer: () => Promise<Response>, whenAway: 'accept' | 'refuse' = 'refuse') =>
    breachedBy(
      { range: 'https://range.example/range/', whenAway },
      {
        log,
        fetch: async (url, init) => {
          asked.push({ url: String(url), headers: init?.headers });
          return answer();
        },
      },
    );
  const lines =
    (...rows: string[]) =>
    async () =>
      new Response(rows.join('\r\n'));

  it('is told five digits, and asked for padding', async () => {
    expect(await answering(lines(`${digest.slice(5)}:3`, `${'0'.repeat(35)}:0`))?.('one')).toBe('known');
    expect(asked.at(-1)).toEqual({
      url: `https://range.example/range/${digest.slice(0, 5)}`,
      headers: expect.objectContaining({ 'add-padding': 'true' }),
    });
    expect(JSON.stringify(asked)).not.toContain(digest.slice(5, 15));
  });

  it('names padding by a count of 0', async () => {
    expect(await answering(lines(`${digest.slice(5)}:0`))?.('one')).toBe('unknown');
    expect(await answering(lines())?.('one')).toBe('unknown');
  });

  it.each([
    ['is away', () => Promise.reject(new Error('ECONNREFUSED'))],
    ['fails', async () => new Response('', { status: 503 })],
    ['sends elsewhere', async () => new Response('', { status: 302, headers: { location: 'https://evil.example' } })],
    ['never ends', async () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) }))],
  ])('that %s is taken as configured, and logged', async (_, answer) => {
    expect(await answering(answer)?.('one')).toBe('unavailable');
    expect(await answering(answer, 'accept')?.('one')).toBe('unknown');
    expect(warnings).toHaveLength(2);
    expect(JSON.stringify(warnings)).not.toContain(digest.slice(0, 5));
  });
});
