import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { main } from '../../src/boot/cli/main.ts';

/** Base64url of 32 bytes, for configurations that must name a sealing key. */
export const SEALING_KEY = 'q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify';

/** A whole configuration with these stores, as a file in a folder. */
export function configFile(folder: string, durable: object, more: object = {}, name = 'config.yaml'): string {
  const file = join(folder, name);
  const tree = {
    ...{
      issuer: 'http://localhost:3000',
      name: 'Example University',
      data: 'data',
      secrets: { sealingKey: SEALING_KEY },
    },
    ...{ stores: { durable, ephemeral: { type: 'embedded' } }, log: { level: 'silent' } },
    ...{ directories: { local: {} }, factors: { password: {}, totp: {} }, doors: { oidc: {} } },
    ...more,
  };
  writeFileSync(file, JSON.stringify(tree));
  return file;
}

/** Runs a command line in this process; what it printed. */
export async function sallyport(config: string, words: readonly string[], stdin = '') {
  const printed = { out: '', err: '' };
  const io = {
    env: { SALLYPORT_CONFIG: config },
    stdin: Readable.from([stdin]),
    out: (text: string) => {
      printed.out += text;
    },
    err: (text: string) => {
      printed.err += text;
    },
  };
  const exitCode = await main(['node', 'sallyport', ...words], io);
  return { exitCode, ...printed };
}
