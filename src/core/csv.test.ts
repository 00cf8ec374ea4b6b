import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv, type Separator } from './csv.ts';

const fields = (text: string, separator?: Separator) => parseCsv(text, separator).rows.map((row) => row.fields);

describe('parseCsv', () => {
  it('reads back what was written, whatever is in the fields', () => {
    const field = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom('"', ',', '\r\n', '\n', '\r', 'a', '學')).map((parts) => parts.join('')),
    );
    const table = fc.array(fc.array(field, { minLength: 1 }));
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const plain = (text: string) => (/[",\r\n]|^$/.test(text) ? quote(text) : text);
    fc.assert(
      fc.property(table, fc.constantFrom('\r\n', '\n'), fc.boolean(), fc.boolean(), (rows, end, quoted, last) => {
        const text = rows.map((row) => row.map(quoted ? quote : plain).join(',')).join(end) + (last ? end : '');
        expect(fields(text, ',')).toEqual(rows);
        expect(parseCsv(text, ',').faults).toEqual([]);
      }),
    );
  });

  it('reads any text to its end', () => {
    const text = fc.array(fc.constantFrom('"', ',', '\n', '\r', 'a', ' ')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (any) => {
        const { rows, faults } = parseCsv(any);
        const lines = any.split(/\r\n|\n|\r/).length;
        for (const { line } of [...rows, ...faults]) expect(line).toBeLessThanOrEqual(lines);
        if (/[^\r\n]/.test(any)) expect(rows.length + faults.length).toBeGreaterThan(0);
      }),
    );
  });

  it.each([
    [
      'a semicolon of the header',
      'a;b\n1,5;2',
      [
        ['a', 'b'],
        ['1,5', '2'],
      ],
    ],
    [
      'a tab of the header',
      'a\tb;c\n1;2\t3',
      [
        ['a', 'b;c'],
        ['1;2', '3'],
      ],
    ],
    [
      'what sep= says',
      'sep=;\r\na;b,c\r\n1;2',
      [
        ['a', 'b,c'],
        ['1', '2'],
      ],
    ],
    ['what sep= says in quotes, after a mark', '\uFEFF"SEP=\t"\na\tb', [['a', 'b']]],
    [
      'a comma where the header has one, whatever is quoted',
      '"a;\tb",c\n1,2',
      [
        ['a;\tb', 'c'],
        ['1', '2'],
      ],
    ],
    ['a comma of what has one field', 'a\n1', [['a'], ['1']]],
  ])('separates by %s', (_, text, expected) => {
    expect(fields(text)).toEqual(expected);
  });

  it('counts lines from the one with sep=', () => {
    expect(parseCsv('sep=;\na;b\n"x').faults).toEqual([{ line: 3, message: expect.any(String) }]);
  });

  it('counts lines across quoted line ends, skips empty ones and the byte order mark', () => {
    expect(parseCsv('\uFEFFa,b\r\n\r\n"x\ny",z\n,\n')).toEqual({
      rows: [
        { line: 1, fields: ['a', 'b'] },
        { line: 3, fields: ['x\ny', 'z'] },
        { line: 5, fields: ['', ''] },
      ],
      faults: [],
    });
  });

  it.each(['a"b', '"a"b', '"a', 'a,"b', '""a'])('reports %j and reads on', (faulty) => {
    const { rows, faults } = parseCsv(`a\n${faulty}\nc`);
    expect(faults).toEqual([{ line: 2, message: expect.stringContaining('quotation mark') }]);
    expect(rows.map(({ fields: [first] }) => first)).toEqual(['a', 'c']);
  });
});
