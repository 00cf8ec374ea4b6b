import { readCsv } from './csv.ts';
import { TokenFault } from './fault.ts';
import { readPskcApart } from './pskc-apart.ts';
import type { Secrets } from './pskc-keys.ts';
import type { Row } from './row.ts';
import type { Tokens } from './store.ts';

export type Format = 'pskc' | 'csv';

/** Rows of one file: each one accepted is a write of its own. */
const MOST = 50_000;

export interface Report {
  accepted: string[];
  refused: { label: string; reason: string }[];
  notes: string[];
}

async function read(text: string, format: Format, secrets: Secrets): Promise<{ rows: Row[]; notes: string[] }> {
  const found = format === 'pskc' ? await readPskcApart(text, secrets) : { rows: readCsv(text), notes: [] };
  if (found.rows.length > MOST) throw new TokenFault(`${found.rows.length} tokens, of which one file may hold ${MOST}`);
  return found;
}

/**
 * Keeps the tokens of a file, held by nobody; what can't be kept is said, and the rest is kept all the same. A serial
 * number that is there already is refused: a second import would make used codes good again.
 * Throws TokenFault where the file as a whole can't be read, and then nothing is kept.
 */
export async function importTokens(text: string, format: Format, secrets: Secrets, tokens: Tokens): Promise<Report> {
  const { rows, notes } = await read(text, format, secrets);
  const report: Report = { accepted: [], refused: [], notes };
  for (const row of rows) {
    if ('reason' in row) report.refused.push(row);
    else if (await tokens.insert(row.token)) report.accepted.push(row.token.serial);
    else report.refused.push({ label: row.label, reason: 'this serial number is there already' });
  }
  return report;
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
