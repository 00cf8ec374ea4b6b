import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('../interop/pam/client.py', import.meta.url));
const MODULE = 'pam_radius_auth.so';

/** What a PAM application is told: something to show, a question, or how it ended (0: signed in). */
type Line = { style: number; text: string } | { result: number };

/** Somebody signing in at a machine by pam_radius, from Debian's package. */
export class Pam {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #folder: string;

  private constructor(child: ChildProcessWithoutNullStreams, folder: string) {
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    this.#folder = folder;
  }

  /** `from`: address of the machine. */
  static begin(username: string, { port, secret, from }: { port: number; secret: string; from: string }): Pam {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-pam-'));
    const conf = join(folder, 'servers');
    writeFileSync(conf, `127.0.0.1:${port} ${secret} 10 ${from}\n`, { mode: 0o600 });
    writeFileSync(join(folder, 'vpn'), `auth required ${MODULE} conf=${conf}\n`);
    const child = spawn('python3', [CLIENT, folder, 'vpn', username, '203.0.113.9']);
    return new Pam(child, folder);
  }

  /** What is asked next, or shown; undefined at the end. */
  async #next(): Promise<Line> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the client ended');
    return JSON.parse(value) as Line;
  }

  /** The next question's text, with what was shown before it. */
  async question(): Promise<string> {
    const line = await this.#next();
    if ('result' in line) throw new Error(`it ended: ${line.result}`);
    return line.style <= 2 ? line.text : `${line.text}\n${await this.question()}`;
  }

  answer(typed: string): void {
    this.#child.stdin.write(`${typed}\n`);
  }

  /** Whether the person is in, and what was shown at the end. */
  async end(): Promise<{ signedIn: boolean; shown: string }> {
    const shown: string[] = [];
    for (;;) {
      const line = await this.#next();
      if ('text' in line) {
        if (line.style <= 2) throw new Error(`it asks: ${line.text}`);
        shown.push(line.text);
      } else {
        if (this.#child.exitCode === null) await once(this.#child, 'exit');
        rmSync(this.#folder, { recursive: true, force: true });
        return { signedIn: line.result === 0, shown: shown.join('\n') };
      }
    }
  }
}
