import { type FileHandle, open } from 'node:fs/promises';
import type { Breached } from '../../accounts/passwords/index.ts';
import type { LogPort } from '../../core/log.ts';
import { sha1Of } from './sha1.ts';

const HEX = 40;
/** Bytes of a line at most: the digest, a count and its end. Longer ones are no such file. */
const LINE = 64;

/**
 * The file of Have I Been Pwned, as its downloader writes it: lines of SHA-1 and count, in order of digests. It is
 * searched where it lies, some 40 reads of a few bytes in 40 GB, and opened anew each time, so that another one can
 * take its place. Where it can't be read, or isn't in order, nobody can say.
 */
export function breachedFile(path: string, log: Pick<LogPort, 'warn'>): Breached {
  return async (password) => {
    try {
      await using file = await open(path);
      return (await holds(file, sha1Of(password))) ? 'known' : 'unknown';
    } catch (error) {
      log.warn({ file: path, error: String(error) }, 'the file of leaked passwords can’t be searched');
      return 'unavailable';
    }
  };
}

/** A line begins in [from, until), or none that matters does. */
async function holds(file: FileHandle, wanted: string): Promise<boolean> {
  let from = 0;
  let until = (await file.stat()).size;
  while (from < until) {
    const middle = Math.floor((from + until) / 2);
    const line = await lineAfter(file, middle, until);
    if (line === undefined) until = middle;
    else if (line.digest === wanted) return true;
    else if (line.digest < wanted) from = line.end;
    else until = middle;
  }
  return false;
}

/** The first line that begins at `at` or later, and before `until`. */
async function lineAfter(
  file: FileHandle,
  at: number,
  until: number,
): Promise<{ digest: string; end: number } | undefined> {
  // One byte sooner: a line may begin right here.
  const begin = Math.max(0, at - 1);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * LINE), 0, 2 * LINE, begin);
  const text = buffer.toString('latin1', 0, bytesRead);
  const start = at === 0 ? 0 : text.indexOf('\n') + 1;
  if (
    (at > 0 && start === 0 && bytesRead === 2 * LINE) ||
    !/^[0-9A-Fa-f]{40}:|^$/.test(text.slice(start, start + HEX + 1))
  )
    throw new Error('it has no lines of SHA1:count');
  if ((at > 0 && start === 0) || start >= text.length || begin + start >= until) return undefined;
  const end = text.indexOf('\n', start);
  return {
    digest: text.slice(start, start + HEX).toUpperCase(),
    end: begin + (end < 0 ? text.length : end + 1),
  };
}
