import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Command, Directory } from '../../core/directory.ts';
import { decodeText } from '../../core/encoding.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Io } from './io.ts';

/** The arguments as the server can use them, whose folder is another: `file-or-url` becomes absolute. */
export function argumentsFor(command: Pick<Command<Directory>, 'arguments'>, args: readonly string[]): string[] {
  return args.map((value, at) => {
    const named = /^[<[]?file-or-url[>\]]?$/.test(command.arguments?.[at]?.name ?? '');
    return named && !/^https?:/i.test(value) ? resolve(value) : value;
  });
}

/** The options, with the contents of files in the place of their paths. */
export async function optionsFor(
  command: Pick<Command<Directory>, 'options'>,
  given: Readonly<Record<string, string | boolean>>,
  io: Io,
): Promise<Record<string, string | boolean>> {
  const options = { ...given };
  for (const { flags } of command.options ?? []) {
    const [, name = ''] = /--([\w-]+) <file>$/.exec(flags) ?? [];
    const key = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const path = options[key];
    if (typeof path === 'string')
      options[key] = plainText(path, path === '-' ? await buffer(io.stdin) : await contents(path));
  }
  return options;
}

/**
 * Standard input for a command: a password, the file that its argument `file` names, or nothing. A file's bytes are
 * read as text here, by `--encoding` where the command has that option.
 */
export async function stdinFor(
  command: Pick<Command<Directory>, 'stdin' | 'arguments'>,
  { args, encoding, present = false }: { args: readonly string[]; encoding?: string; present?: boolean },
  io: Io,
): Promise<string | undefined> {
  if (command.stdin === 'present-password' && !present) return undefined;
  if (command.stdin !== undefined) {
    if (!io.stdin.isTTY) return plainText('standard input', await buffer(io.stdin));
    if (command.stdin === 'password') return askPassword(io);
    return ask(command.stdin === 'typed' ? 'Password or code: ' : 'Password: ', io);
  }
  const at = command.arguments?.findIndex(({ name }) => /^[<[]?file[>\]]?$/.test(name)) ?? -1;
  if (at === -1) return undefined;
  const file = args[at];
  const [name, bytes] =
    file === undefined || file === '-' ? ['standard input', await buffer(io.stdin)] : [file, await contents(file)];
  return reading(name, () => decodeText(bytes, encoding));
}

/** A password or a key: a letter that was replaced would be another one. */
function plainText(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SallyportError('ERR_INPUT', `${name} isn't UTF-8`, { cause });
  }
}

function reading(name: string, read: () => string): string {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof SallyportError)) throw cause;
    throw new SallyportError(cause.code, `${name}: ${cause.message}`, { cause });
  }
}

async function contents(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SallyportError('ERR_INPUT', `${file} can't be read: ${code}`, { cause });
  }
}

async function askPassword(io: Io): Promise<string> {
  const password = await ask('Password (empty: make one): ', io);
  if (password !== '' && (await ask('The same again: ', io)) !== password) {
    throw new SallyportError('ERR_INPUT', "the two passwords aren't the same");
  }
  return password;
}

/** One line from the terminal; what is typed isn't shown. */
async function ask(question: string, io: Io): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: nowhere, terminal: true });
  const stopped = new AbortController();
  lines.once('SIGINT', () => stopped.abort());
  lines.once('close', () => stopped.abort());
  io.err(question);
  try {
    return await lines.question('', { signal: stopped.signal });
  } catch (cause) {
    throw new SallyportError('ERR_INPUT', 'nothing was done', { cause });
  } finally {
    lines.close();
    io.err('\n');
  }
}
