import { readFileSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { compile } from './compile.ts';
import { plainFault } from './fault.ts';
import type { Answer, Task } from './load.ts';

/** A process of its own for one document; `load` starts it, sends one task, and waits for one answer. */
process.once('message', ({ file, certificate, now, role, output }: Task & { output: string }) => {
  let answer: Answer;
  try {
    const { bytes, ...compiled } = compile(readFileSync(file), certificate, now, role);
    writeFileSync(output, bytes, { mode: 0o600 });
    answer = { compiled };
  } catch (error) {
    answer = plainFault(error);
  }
  process.send?.(answer, () => process.disconnect?.());
});

// Whoever signs in comes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
