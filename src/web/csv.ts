import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { onceLeft } from './left.ts';

export type Cell = string | number | undefined;

/** So that spreadsheets read UTF-8. */
export const BYTE_ORDER_MARK = '\ufeff';

/**
 * What a spreadsheet takes for the beginning of a formula: whoever may choose their own name would have it run on the
 * machine of whoever opens the file. Full-width forms as well, which some read alike; and what they skip before it.
 */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;

function cellOf(cell: Cell): string {
  if (cell === undefined) return '';
  // A number is no text of anybody's, and is to stay one.
  if (typeof cell === 'number') return String(cell);
  const text = cell.toWellFormed().replaceAll('\0', '\ufffd');
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One record (RFC 4180 section 2), with its line break. */
export function lineOf(cells: readonly Cell[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

/** Characters that are gathered before they are sent. */
const CHUNK = 16_384;

/**
 * Writes records one after the other, no faster than they are taken. Throws where the other side has gone, or the
 * records can't be read: then the file isn't ended either, so that nobody takes a part of it for the whole.
 */
export async function writeCsv(
  to: Writable,
  header: readonly string[],
  records: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
): Promise<number> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  onceLeft(to, leave);
  let waiting = BYTE_ORDER_MARK + lineOf(header);
  let count = 0;
  async function flush(): Promise<void> {
    gone.signal.throwIfAborted();
    const taken = to.write(waiting);
    waiting = '';
    if (!taken) await once(to, 'drain', { signal: gone.signal });
  }
  try {
    for await (const record of records) {
      waiting += lineOf(record);
      count += 1;
      if (waiting.length >= CHUNK) await flush();
    }
    await flush();
  } finally {
    to.off('close', leave);
  }
  to.end();
  return count;
}
