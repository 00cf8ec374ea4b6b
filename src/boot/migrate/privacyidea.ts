import { parse } from 'yaml';
import { z } from 'zod';
import { csvRows } from '../../core/csv.ts';
import type { MovableSecret } from '../../core/factor-powers.ts';
import type { Moving, Reader, Unread } from './things.ts';

const NOBODY = /^(n\/a|none)?$/i;
/** Of one token in YAML: more isn't read. */
const LONGEST = 20_000;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const entry = z.looseObject({
  serial: z.coerce.string(),
  owner: z.string().optional(),
  type: z.string().optional(),
  tokentype: z.string().optional(),
  otpkey: z.coerce.string().optional(),
  otplen: z.coerce.number().optional(),
  count: z.coerce.number().optional(),
  info_list: z.record(z.string(), z.unknown()).optional(),
});
type Entry = z.output<typeof entry>;

/**
 * Tokens as privacyIDEA's `pi-manage`/`pi-token-janitor find … export` writes them: YAML with `owner`, `serial`, `type`
 * and `otpkey`, or lines `owner, serial, otpkey, type, otplen`. Who holds what of a PSKC file stands in the lines of
 * `listuser`: `serial, type, user name`; its secrets come by `sallyport tokens import`.
 */
export const readPrivacyIdea: Reader = (text) => (/^\s*- /.test(text) ? readYaml(text) : readLines(text));

/** One entry of the list after the other: the whole would be a tree of all tokens. */
function* readYaml(text: string): Generator<Moving | Unread> {
  let block = '';
  let begun = 1;
  let line = 0;
  for (const one of linesOf(text)) {
    line += 1;
    if (one.startsWith('- ') && block !== '') {
      yield fromYaml(block, begun);
      [block, begun] = ['', line];
    }
    if (block.length < LONGEST) block += `${one}\n`;
  }
  if (block.trim() !== '') yield fromYaml(block, begun);
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end === -1 ? text.length : end).replace(/\r$/, '');
    at = end === -1 ? text.length : end + 1;
  }
}

function fromYaml(block: string, line: number): Moving | Unread {
  try {
    const [read] = z.array(entry).parse(parse(block));
    return read === undefined ? { line, fault: 'no token' } : movingOf(read, line);
  } catch {
    // Never the parser's own words: they show the line, and that holds a secret.
    return { line, fault: 'not a token as privacyIDEA writes it' };
  }
}

function* readLines(text: string): Generator<Moving | Unread> {
  for (const row of csvRows(text, ',')) {
    if (!('fields' in row)) {
      yield { line: row.line, fault: row.message };
      continue;
    }
    const [first = '', second = '', third = '', type = '', length = '', step = ''] = row.fields.map((it) => it.trim());
    if (row.fields.length <= 3) yield movingOf({ serial: first, type: second, owner: third }, row.line);
    else if (row.fields.length > 6) yield { line: row.line, fault: 'more fields than privacyIDEA writes' };
    else {
      const info = step === '' ? {} : { info_list: { timeStep: step } };
      yield movingOf({ owner: first, serial: second, otpkey: third, type, otplen: Number(length), ...info }, row.line);
    }
  }
}

function movingOf(read: Entry, line: number): Moving | Unread {
  const { serial, owner = '' } = read;
  const type = (read.type ?? read.tokentype ?? '').toLowerCase();
  // privacyIDEA writes `login@realm`, and the realm is its own.
  const at = owner.includes('@') ? owner.lastIndexOf('@') : owner.length;
  const login = owner.slice(0, at);
  const whose = { line, login, realm: owner.slice(at + 1).toLowerCase() };
  const left = (what: string, why: string): Moving => ({ ...whose, things: [], left: [{ what, why }] });
  if (serial === '') return { line, fault: 'no serial number' };
  if (NOBODY.test(login))
    return { line, login: '', things: [], left: [{ what: 'tokens', why: 'nobody’s at privacyIDEA' }] };
  if (type !== 'totp' && type !== 'hotp') {
    const passkey = /^(webauthn|passkey|u2f)$/.test(type);
    return passkey
      ? left('passkeys', 'they belong to the host that they were set up at: set up new ones')
      : left(`${type.slice(0, 20)} tokens`, 'of a type that isn’t known here');
  }
  const { otpkey } = read;
  if (otpkey === undefined || otpkey === '') return { ...whose, things: [{ kind: 'token', serial }], left: [] };
  const secret = secretOf(otpkey);
  if (secret === undefined) return { line, fault: 'the secret is neither hexadecimal nor base32' };
  const { info_list: info = {}, otplen = 6, count = 0 } = read;
  const known: MovableSecret = {
    ...{ type: type === 'totp' ? 'clock' : 'counter', secret, digits: otplen, next: type === 'hotp' ? count : 0 },
    algorithm: String(info.hashlib ?? 'sha1').toUpperCase(),
    period: Number(info.timeStep ?? 30),
  };
  return { ...whose, things: [{ kind: 'token', serial, secret: known }], left: [] };
}

/** Hexadecimal as privacyIDEA keeps it, or base32 as it writes it with `--b32`; as base32. */
function secretOf(text: string): string | undefined {
  if (/^(?:[0-9a-f]{2}){16,64}$/i.test(text)) return base32(Buffer.from(text, 'hex'));
  const plain = text.toUpperCase().replace(/=+$/, '');
  return /^[A-Z2-7]{26,103}$/.test(plain) ? plain : undefined;
}

function base32(bytes: Uint8Array): string {
  let [bits, value, text] = [0, 0, ''];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32[(value >>> (bits - 5)) & 31];
  }
  return bits > 0 ? text + BASE32[(value << (5 - bits)) & 31] : text;
}
