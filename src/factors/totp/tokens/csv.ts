import { encodeSecret } from '../otp.ts';
import { TokenFault } from './fault.ts';
import { type Row, rowOf } from './row.ts';

const COLUMNS = ['serial', 'secret', 'secrethex', 'type', 'digits', 'step', 'counter', 'algorithm', 'maker'];
const REQUIRED = ['serial', 'type', 'digits'];
const MOST_CHARACTERS = 12_000_000;

/** One field, quoted or not, and what ends it; a field of tokens has no line's end in it. */
const FIELD = /(?:"((?:[^"\r\n]|"")*)"|([^",\r\n]*))(,|$)/y;

function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const match = FIELD.exec(line);
    if (match === null) return undefined;
    const [, quoted, plain = '', end] = match;
    fields.push((quoted === undefined ? plain : quoted.replaceAll('""', '"')).trim());
    if (end === '') return fields;
  }
}

/**
 * Reads tokens from CSV with a header: `serial,secret,type,digits,step`, in any order, with `secretHex` in the place of
 * `secret` (base32), and where needed `counter`, `algorithm`, `maker`. Throws TokenFault where the header can't be read.
 */
export function readCsv(text: string): Row[] {
  if (text.length > MOST_CHARACTERS) throw new TokenFault(`longer than ${MOST_CHARACTERS} characters`);
  const [first = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const header = (fieldsOf(first) ?? []).map((name) => name.toLowerCase());
  const unknown = header.find((name) => !COLUMNS.includes(name));
  if (unknown !== undefined) throw new TokenFault(`line 1: there is no column ${JSON.stringify(unknown.slice(0, 40))}`);
  const missing = REQUIRED.find((name) => !header.includes(name));
  if (missing !== undefined) throw new TokenFault(`line 1: the column ${missing} is missing`);
  if (header.includes('secret') === header.includes('secrethex')) {
    throw new TokenFault('line 1: one of the columns secret (base32) and secretHex must be there');
  }
  if (new Set(header).size < header.length) throw new TokenFault('line 1: a column is there twice');
  return lines.flatMap((line, at) => (line.trim() === '' ? [] : [lineRow(line, at + 2, header)]));
}

function lineRow(line: string, number: number, header: readonly string[]): Row {
  const fields = fieldsOf(line);
  const row = new Map(header.map((name, at) => [name, fields?.[at] ?? '']));
  const serial = row.get('serial') ?? '';
  return rowOf(`line ${number}${serial === '' ? '' : ` (${serial.slice(0, 64)})`}`, () => {
    if (fields?.length !== header.length) throw new TokenFault('it has other fields than the header');
    const type = row.get('type')?.toLowerCase();
    return {
      serial,
      type,
      secret: secretOf(row),
      algorithm: (row.get('algorithm') || 'SHA1').toUpperCase().replace('-', ''),
      digits: Number(row.get('digits')),
      ...(type === 'totp' ? { period: Number(row.get('step') || 30), drift: 0 } : {}),
      next: type === 'hotp' ? Number(row.get('counter') || 0) : 0,
      maker: row.get('maker'),
    };
  });
}

/** Base32 or hexadecimal, as the header says: a text can look like both. */
function secretOf(row: ReadonlyMap<string, string>): string {
  const hex = row.get('secrethex')?.replace(/\s/g, '');
  if (hex === undefined) {
    return (row.get('secret') ?? '').replace(/[\s-]/g, '').replace(/=+$/, '').toUpperCase();
  }
  if (!/^(?:[0-9a-f]{2}){16,64}$/i.test(hex)) throw new TokenFault('secretHex isn’t 16 to 64 bytes in hexadecimal');
  return encodeSecret(Buffer.from(hex, 'hex'));
}
