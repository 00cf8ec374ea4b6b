import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { makeKeys } from '../../../demo/service-provider/keys.ts';

const SCRIPT = fileURLToPath(new URL('sp.py', import.meta.url));
/** Debian's own: another Python doesn't see Debian's packages. */
const PYTHON = '/usr/bin/python3';

export interface Sent {
  id: string;
  url: string;
  /** A form's page, by POST. */
  page?: string;
}

export interface PyNameId {
  value: string;
  format: string;
  nameQualifier: string | null;
  spNameQualifier: string | null;
}

export interface PySignedIn {
  nameId: PyNameId;
  attributes: Record<string, string[]>;
  /** By the names that pysaml2 knows. */
  known: Record<string, string[]>;
  authnContextClassRef: string;
  authnInstant: string;
  sessionIndex: string;
  encrypted: boolean;
}

export interface PyOptions {
  /** For keys and metadata. */
  folder: string;
  entityId: string;
  acs: string;
  slo: string;
}

/** A service provider on pysaml2, in a process of its own for as long as a test file runs. */
export class PyServiceProvider {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  private constructor() {
    this.#process = spawn(PYTHON, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#reader = createInterface({ input: this.#process.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  static async start({ folder, ...about }: PyOptions): Promise<PyServiceProvider> {
    const { signing, encryption } = await makeKeys();
    const files = {
      key: signing.privateKey,
      certificate: signing.certificate,
      encryptionKey: encryption.privateKey,
      encryptionCertificate: encryption.certificate,
    };
    mkdirSync(folder, { recursive: true });
    const paths = Object.entries(files).map(([name, pem]) => {
      const file = join(folder, `${name}.pem`);
      writeFileSync(file, pem, { mode: 0o600 });
      return [name, file];
    });
    const started = new PyServiceProvider();
    await started.order('configure', { ...about, ...Object.fromEntries(paths) });
    return started;
  }

  /** One order, one answer; throws with the `error` of pysaml2. One at a time. */
  async order<T = Record<string, unknown>>(op: string, fields: Record<string, unknown> = {}): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify({ op, ...fields })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('pysaml2 has ended');
    const answer = JSON.parse(value) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  close(): void {
    this.#reader.close();
    this.#process.kill();
  }
}
