import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { SallyportError } from '../../core/errors.ts';

/*
 * Archives that any `tar` reads: POSIX ustar (IEEE Std 1003.1, pax), plain files alone. A size beyond 8 GiB is
 * written as GNU tar does, in base 256.
 */

const BLOCK = 512;
const CHUNK = 1024 * 1024;
/** Largest size that eleven octal digits hold. */
const OCTAL_MOST = 8 ** 11 - 1;

/** A file of an archive: its name and where its contents begin. */
export interface Entry {
  name: string;
  size: number;
  at: number;
}

export interface Archive {
  entries: readonly Entry[];
  /** Of a small one. */
  text(entry: Entry): string;
  /** Writes one to a file that isn't there yet, mode 0600; answers its SHA-256, hex. */
  extract(entry: Entry, to: string): string;
  close(): void;
}

/** SHA-256 and size of what a descriptor holds from `at` on; `take` gets each piece. */
function digest(fd: number, { at, size }: Pick<Entry, 'at' | 'size'>, take: (piece: Uint8Array) => void): string {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK);
  for (let done = 0; done < size; ) {
    const read = readSync(fd, buffer, 0, Math.min(CHUNK, size - done), at + done);
    if (read === 0) throw new SallyportError('ERR_INPUT', 'the archive ends too soon: it was cut off');
    const piece = buffer.subarray(0, read);
    hash.update(piece);
    take(piece);
    done += read;
  }
  return hash.digest('hex');
}

/** Of a file. */
export function measure(file: string): { bytes: number; sha256: string } {
  const fd = openSync(file, 'r');
  try {
    const { size: bytes } = fstatSync(fd);
    return { bytes, sha256: digest(fd, { at: 0, size: bytes }, () => {}) };
  } finally {
    closeSync(fd);
  }
}

/** Writes all of it, which one call needn't do. */
function write(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

/** Adds a file's contents, or a text, to an archive that is being written. */
export function addTo(fd: number, name: string, from: { file: string } | { text: string }, seconds: number): void {
  if ('text' in from) {
    const bytes = Buffer.from(from.text);
    write(fd, header(name, bytes.length, seconds));
    write(fd, bytes);
    write(fd, new Uint8Array(padding(bytes.length)));
    return;
  }
  const source = openSync(from.file, 'r');
  try {
    const { size } = fstatSync(source);
    write(fd, header(name, size, seconds));
    digest(source, { at: 0, size }, (piece) => write(fd, piece));
    write(fd, new Uint8Array(padding(size)));
  } finally {
    closeSync(source);
  }
}

/** Two empty blocks. */
export function endArchive(fd: number): void {
  write(fd, new Uint8Array(2 * BLOCK));
}

/** @throws SallyportError ERR_INPUT where it is none of plain files, or was cut off */
export function openArchive(file: string): Archive {
  const fd = openFile(file);
  try {
    const entries = entriesOf(fd);
    return {
      entries,
      text: ({ at, size }) => {
        let text = '';
        digest(fd, { at, size }, (piece) => {
          text += Buffer.from(piece).toString('utf8');
        });
        return text;
      },
      extract(entry, to) {
        const target = openSync(to, 'wx', 0o600);
        try {
          return digest(fd, entry, (piece) => write(target, piece));
        } finally {
          closeSync(target);
        }
      },
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openFile(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw new SallyportError('ERR_INPUT', `${file} can't be read: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}

function entriesOf(fd: number): Entry[] {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw new SallyportError('ERR_INPUT', "what is there can't be read: it is no file");
  const whole = stat.size;
  const entries: Entry[] = [];
  const block = Buffer.alloc(BLOCK);
  for (let at = 0; ; ) {
    const read = readSync(fd, block, 0, BLOCK, at);
    if (read < BLOCK) throw new SallyportError('ERR_INPUT', 'the archive ends too soon: it was cut off');
    if (block.every((byte) => byte === 0)) return entries;
    const { name, size } = parsed(block);
    at += BLOCK;
    if (at + size > whole) throw new SallyportError('ERR_INPUT', 'the archive ends too soon: it was cut off');
    entries.push({ name, size, at });
    at += size + padding(size);
  }
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** Where the fields of a header are: offset and length. */
const NAME = [0, 100] as const;
const SIZE = [124, 12] as const;
const SUM = [148, 8] as const;

function header(name: string, size: number, seconds: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(name, ...NAME);
  block.write(octal(0o600, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  if (size <= OCTAL_MOST) block.write(octal(size, 12), ...SIZE);
  else {
    block.writeUInt8(0x80, SIZE[0]);
    block.writeBigUInt64BE(BigInt(size), SIZE[0] + 4);
  }
  block.write(octal(seconds, 12), 136);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  block.write(octal(sumOf(block), 7), ...SUM);
  return block;
}

function parsed(block: Buffer): { name: string; size: number } {
  const text = ([from, length]: readonly [number, number]) =>
    block
      .subarray(from, from + length)
      .toString('utf8')
      .replace(/[\0 ]+$/, '');
  const plain = block[156] === 0x30 || block[156] === 0;
  const long = block.readUInt8(SIZE[0]) === 0x80;
  // A sign or a letter would lead back to where reading began, for ever.
  const sized = long || /^[0-7]+$/.test(text(SIZE));
  if (Number.parseInt(text(SUM), 8) !== sumOf(block) || !plain || !sized) {
    throw new SallyportError(
      'ERR_INPUT',
      'this is no backup: it must be an archive of plain files, as backup writes it',
    );
  }
  const size = long ? Number(block.readBigUInt64BE(SIZE[0] + 4)) : Number.parseInt(text(SIZE), 8);
  return { name: text(NAME), size };
}

/** Of all bytes, those of the sum itself as blanks. */
function sumOf(block: Uint8Array): number {
  let sum = 0;
  for (const [at, byte] of block.entries()) sum += at >= SUM[0] && at < SUM[0] + SUM[1] ? 0x20 : byte;
  return sum;
}
