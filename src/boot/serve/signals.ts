import { closeSync, openSync } from 'node:fs';

/**
 * SIGHUP has two meanings: to read the configuration again, and that the terminal is gone in which somebody started
 * the server to try it out, who doesn't expect it to go on.
 */
export function onHangUp({ reload, stop }: { reload(): void; stop(): void }): void {
  const atTerminal = process.stdin.isTTY;
  process.on('SIGHUP', () => {
    if (atTerminal && terminalIsGone()) stop();
    else reload();
  });
}

function terminalIsGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}
