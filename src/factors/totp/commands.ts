import type { Command } from '../../core/directory.ts';
import { ENCODING } from '../../core/encoding.ts';
import type { FactorDesk } from '../../core/factor-desk.ts';
import type { Data } from './schemas.ts';

const operate = () => import('./tokens/operate.ts');
const SERIAL = { name: '<serial>', description: 'as it is printed on the token' };

export const groups = { tokens: 'import hardware tokens, and say who holds them' };

/** Commands on hardware tokens. */
export const commands: readonly Command<FactorDesk<Data>>[] = [
  {
    name: 'tokens import',
    summary: 'import hardware tokens from PSKC (RFC 6030) or CSV; what is refused is said, the rest is kept',
    arguments: [{ name: '[file]', description: 'the file; standard input by default' }],
    options: [
      ENCODING,
      { flags: '--format <name>', description: 'pskc or csv (default: what it looks like)' },
      { flags: '--key-file <file>', description: 'pre-shared key of an encrypted file, hexadecimal or base64' },
      { flags: '--passphrase-file <file>', description: 'passphrase of an encrypted file; - is standard input' },
    ],
    run: async (...given) => (await operate()).importFile(...given),
  },
  {
    name: 'tokens list',
    summary: 'list hardware tokens and who holds them, tab-separated',
    run: async (desk) => (await operate()).list(desk),
  },
  {
    name: 'tokens assign',
    summary: 'give a hardware token to a person',
    arguments: [SERIAL, { name: '<username>', description: 'as the person types it' }],
    run: async (...given) => (await operate()).assign(...given),
  },
  {
    name: 'tokens unassign',
    summary: 'take a hardware token from whoever holds it; it is no method of theirs any more',
    arguments: [SERIAL],
    run: async (...given) => (await operate()).unassign(...given),
  },
  {
    name: 'tokens remove',
    summary: 'forget a hardware token, after taking it from whoever holds it',
    arguments: [SERIAL],
    run: async (...given) => (await operate()).remove(...given),
  },
  {
    name: 'tokens resync',
    summary: 'bring a hardware token in step by two consecutive codes of it',
    arguments: [
      SERIAL,
      { name: '<first>', description: 'a code' },
      { name: '<second>', description: 'the one after it' },
    ],
    run: async (...given) => (await operate()).resync(...given),
  },
];
