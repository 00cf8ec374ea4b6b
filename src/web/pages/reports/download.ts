import type { Response } from 'express';
import type { WebDeps } from '../../context.ts';
import { type Cell, writeCsv } from '../../csv.ts';

/** How long one may take to be fetched, milliseconds: whoever reads slowly mustn't keep others from theirs. */
const PATIENCE = 5 * 60_000;

export type DownloadNeeds = Pick<WebDeps, 'log' | 'now'>;

/** What is sent: `name` is a part of the file's. */
interface File {
  name: string;
  header: readonly string[];
  records: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>;
}

/** Sends a report as a file, row by row as they are found. */
export async function download(
  { log, now }: DownloadNeeds,
  res: Response,
  { name, header, records }: File,
): Promise<void> {
  const day = new Date(now()).toISOString().slice(0, 10);
  res.setHeader('content-type', 'text/csv; charset=utf-8; header=present');
  res.setHeader('content-disposition', `attachment; filename="sallyport-${name}-${day}.csv"`);
  const tooSlow = setTimeout(() => res.destroy(), PATIENCE).unref();
  try {
    await writeCsv(res, header, records);
  } catch (error) {
    if (!res.headersSent) {
      res.removeHeader('content-disposition');
      throw error;
    }
    log.warn({ err: error, report: name }, 'a report could not be sent whole');
    // Begun, it can't become a page that says so: cut off, nobody takes it for the whole.
    res.destroy();
  } finally {
    clearTimeout(tooSlow);
  }
}
