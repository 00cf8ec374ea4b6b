import { writeSync } from 'node:fs';

/** Standard output. */
const STDOUT = 1;
/** Lines are gathered for so long, milliseconds: what `kill -9` costs at most. */
const GATHERED_FOR = 20;
/** Then they are written at once, bytes: as much as a pipe takes. */
const MOST = 65_536;
/** How long whoever reads may keep the process waiting where it is full, milliseconds. */
const PATIENCE = 10;
const LATEST = 1_000;

export interface LineWriter {
  write(line: string): void;
  /** Writes what is there, and waits for it. */
  flush(): void;
}

/**
 * Writes lines off the requests' path, some in one write: each would cost a request more than it takes to make. What is
 * gathered goes out before the process ends, by a signal or by a fault that nobody caught; a write that was left to
 * another thread could be lost there.
 */
export function createLineWriter(file: number = STDOUT): LineWriter {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    let rest = Buffer.from(lines);
    lines = '';
    const until = performance.now() + LATEST;
    while (rest.length > 0) {
      const taken = tryWriting(file, rest);
      if (taken === undefined || performance.now() > until) return;
      rest = rest.subarray(taken);
      if (taken === 0) sleep(PATIENCE);
    }
  }

  process.on('exit', flush);
  return {
    write(line) {
      lines += line;
      if (lines.length >= MOST) flush();
      else timer ??= setTimeout(flush, GATHERED_FOR).unref();
    },
    flush,
  };
}

/** How many bytes it took, none where it is full; undefined where nobody reads any more, or it is full for good. */
function tryWriting(file: number, bytes: Buffer): number | undefined {
  try {
    return writeSync(file, bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : undefined;
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
