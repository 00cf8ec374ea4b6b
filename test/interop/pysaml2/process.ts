import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Debian's own: another Python doesn't see Debian's packages. */
export const PYTHON = '/usr/bin/python3';

/** A Python program, in a process of its own for as long as a test file runs. */
export class PyProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  /** `script`: beside this file; `packages`: a folder with what Debian doesn't have. */
  constructor(script: string, packages?: string) {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const env = { ...process.env, ...(packages ? { PYTHONPATH: packages } : {}) };
    this.#process = spawn(PYTHON, [file], { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.#reader = createInterface({ input: this.#process.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** One order, one answer; throws with the `error` of its library. One at a time. */
  async order<T = Record<string, unknown>>(op: string, fields: Record<string, unknown> = {}): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify({ op, ...fields })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the Python program has ended');
    const answer = JSON.parse(value) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  close(): void {
    this.#reader.close();
    this.#process.kill();
  }
}

/** Writes PEM files, by name; answers their paths. */
export function written(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  const paths = Object.entries(files).map(([name, pem]) => {
    const file = join(folder, `${name}.pem`);
    writeFileSync(file, pem, { mode: 0o600 });
    return [name, file];
  });
  return Object.fromEntries(paths);
}

/** Keeps signed metadata for pysaml2, with the certificate in it beside. */
export function signedMetadata(folder: string, name: string, xml: string): { file: string; certificate: string } {
  const file = join(folder, `${name}.xml`);
  const certificate = join(folder, `${name}.pem`);
  const signer = /<ds:Signature[\s\S]+?X509Certificate>([^<]+)</.exec(xml)?.[1]?.replace(/\s/g, '') ?? '';
  writeFileSync(file, xml);
  const lines = signer.replace(/.{64}/g, '$&\n');
  writeFileSync(certificate, `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  return { file, certificate };
}
