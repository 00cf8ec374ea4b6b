import { readCsv } from './csv.ts';
import { TokenFault } from './fault.ts';
import { type Desk, type Given, giveToken } from './giving.ts';
import { readPskcApart } from './pskc-apart.ts';
import type { Secrets } from './pskc-keys.ts';
import type { Row } from './row.ts';
import { createTokens } from './store.ts';
import type { Token } from './token.ts';

export type Format = 'pskc' | 'csv';

/** Rows of one file: each one accepted is a write of its own. */
const MOST = 50_000;

export interface Fault {
  label: string;
  reason: string;
}

export interface Report {
  /** How many are kept now. */
  accepted: number;
  refused: Fault[];
  /** Whether the file says whose they are; the next three are about that. */
  names: boolean;
  assigned: number;
  /** Kept before, and theirs already. */
  unchanged: number;
  /** Kept, and not given to whom the file names. */
  unassigned: Fault[];
  notes: string[];
}

async function read(text: string, format: Format, secrets: Secrets): Promise<{ rows: Row[]; notes: string[] }> {
  const found = format === 'pskc' ? await readPskcApart(text, secrets) : { rows: readCsv(text), notes: [] };
  if (found.rows.length > MOST) throw new TokenFault(`${found.rows.length} tokens, of which one file may hold ${MOST}`);
  return found;
}

/**
 * Keeps the tokens of a file, and gives them to whom it names; what can't be kept is said, and the rest is kept all
 * the same. A serial number that is there already is refused: a second import would make used codes good again. The
 * very same token is still given, so that a file can be imported again once its people are known.
 * Throws TokenFault where the file as a whole can't be read, and then nothing is kept.
 */
export async function importTokens(text: string, format: Format, secrets: Secrets, desk: Desk): Promise<Report> {
  const { rows, notes } = await read(text, format, secrets);
  const names = rows.some(({ username }) => username !== undefined);
  const report: Report = { accepted: 0, refused: [], names, assigned: 0, unchanged: 0, unassigned: [], notes };
  const tokens = createTokens(desk);
  for (const row of rows) {
    const { label, username } = row;
    if ('reason' in row) {
      report.refused.push({ label, reason: row.reason });
      continue;
    }
    const fresh = await tokens.insert(row.token);
    if (fresh) report.accepted++;
    else if (username === undefined || !isSame((await tokens.get(row.token.serial))?.token, row.token)) {
      report.refused.push({ label, reason: 'this serial number is there already' });
      continue;
    }
    if (username !== undefined) count(report, row, await giveToken(desk, row.token.serial, username));
  }
  return report;
}

function count(report: Report, { label }: Row, given: Given): void {
  if ('account' in given) report.assigned++;
  else if (given.same) report.unchanged++;
  else report.unassigned.push({ label, reason: given.refused });
}

function isSame(kept: Token | undefined, read: Token): boolean {
  const secretOf = ({ type, secret, algorithm, digits }: Token) => [type, secret, algorithm, digits].join(' ');
  return kept !== undefined && secretOf(kept) === secretOf(read);
}

/** A key as makers send it: hexadecimal or base64, 16, 24 or 32 bytes. */
export function keyFrom(text: string): Uint8Array {
  const plain = text.replace(/\s/g, '');
  const hex = /^(?:0x)?([0-9a-f]+)$/i.exec(plain)?.[1];
  const bytes = hex !== undefined && hex.length % 2 === 0 ? Buffer.from(hex, 'hex') : Buffer.from(plain, 'base64');
  if (![16, 24, 32].includes(bytes.length)) {
    throw new TokenFault('the key file holds no key of 16, 24 or 32 bytes in hexadecimal or base64');
  }
  return bytes;
}
