import { type Columns, readTable, type TableRow } from '../../../core/table.ts';
import { encodeSecret } from '../otp.ts';
import { TokenFault } from './fault.ts';
import { type Row, rowOf } from './row.ts';

/** With the names that makers' files for Entra have: `upn, serial number, secret key, time interval, manufacturer, model`. */
const COLUMNS = {
  serial: ['serial number', 'serial no'],
  secret: ['secret key'],
  secretHex: [],
  type: [],
  digits: [],
  step: ['time interval', 'period'],
  counter: [],
  algorithm: [],
  maker: ['manufacturer'],
  model: [],
  username: ['upn', 'user principal name'],
} as const satisfies Columns<string>;
type Column = keyof typeof COLUMNS;
type Cells = TableRow<Column>['cells'];

const MOST_CHARACTERS = 12_000_000;

/**
 * Reads tokens from CSV with a header: `serial,secret,type,digits,step`, with `secretHex` in the place of `secret`
 * (base32), and where needed `counter`, `algorithm`, `maker`, `model`, and `username` for whose it is to be. Without
 * `type` those with a `step` are clocks; without `digits` they have 6, as RFC 6238 and RFC 4226 have. Throws
 * TokenFault where the header can't be read.
 */
export function readCsv(text: string): Row[] {
  if (text.length > MOST_CHARACTERS) throw new TokenFault(`longer than ${MOST_CHARACTERS} characters`);
  const { columns, rows, header, faults } = readTable<Column>(text, COLUMNS, ['serial']);
  const [fault] = header;
  if (fault !== undefined) throw new TokenFault(`line ${fault.line}: ${fault.message}`);
  if (columns.has('secret') === columns.has('secretHex')) {
    throw new TokenFault('line 1: one of the columns secret (base32) and secretHex must be there');
  }
  if (!columns.has('type') && !columns.has('step')) {
    throw new TokenFault('line 1: the column type is missing (totp or hotp), or step for tokens with a clock');
  }
  const read = rows.map((row) => ({ line: row.line, row: lineRow(row) }));
  const unread = faults.map(({ line, message }) => ({ line, row: { label: `line ${line}`, reason: message } }));
  return [...read, ...unread].sort((a, b) => a.line - b.line).map(({ row }) => row);
}

function lineRow({ line, cells }: TableRow<Column>): Row {
  const cell = (name: Column) => cells[name]?.trim() ?? '';
  const serial = cell('serial');
  const row = rowOf(`line ${line}${serial === '' ? '' : ` (${serial.slice(0, 64)})`}`, () => {
    if (/^\d(\.\d+)?E\+\d+$/i.test(serial)) {
      throw new TokenFault('a spreadsheet has shortened this serial number: format the column as text there');
    }
    const type = (cell('type') || 'totp').toLowerCase();
    return {
      serial,
      type,
      secret: secretOf(cells),
      algorithm: (cell('algorithm') || 'SHA1').toUpperCase().replace(/^(?:HMAC)?-?SHA-?/, 'SHA'),
      digits: Number(cell('digits') || 6),
      ...(type === 'totp' ? { period: Number(cell('step') || 30), drift: 0 } : {}),
      next: type === 'hotp' ? Number(cell('counter') || 0) : 0,
      maker: [cell('maker'), cell('model')].filter(Boolean).join(' '),
    };
  });
  const username = cell('username');
  return username === '' ? row : { ...row, username };
}

/** Base32 or hexadecimal, as the header says: a text can look like both. */
function secretOf({ secret = '', secretHex }: Cells): string {
  const hex = secretHex?.replace(/\s/g, '');
  if (hex === undefined) return secret.replace(/[\s-]/g, '').replace(/=+$/, '').toUpperCase();
  if (!/^(?:[0-9a-f]{2}){16,64}$/i.test(hex)) throw new TokenFault('secretHex isn’t 16 to 64 bytes in hexadecimal');
  return encodeSecret(Buffer.from(hex, 'hex'));
}
