import { TokenFault } from './fault.ts';
import { normaliseSerial, type Token, token } from './token.ts';

/** What one row or package of a file came to; `username`: whose it is to be, as it stands there. */
export type Row = { label: string; username?: string } & ({ token: Token } | { reason: string });

/** Makes a row of what `read` finds; a fault is the row's alone. */
export function rowOf(label: string, read: () => Record<string, unknown>): Row {
  try {
    const found = read();
    const serial = normaliseSerial(String(found.serial ?? ''));
    if (serial === undefined) throw new TokenFault('no serial number, or one that can’t be typed');
    const maker = String(found.maker ?? '')
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 64);
    const { maker: _, ...rest } = found;
    const parsed = token.safeParse({ ...rest, serial, ...(maker === '' ? {} : { maker }) });
    if (parsed.success) return { label, token: parsed.data };
    // Names of fields only: a value could be the secret.
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.') || 'type'))];
    return { label, reason: `not supported: ${fields.map((field) => NAMES[field] ?? field).join(', ')}` };
  } catch (error) {
    if (error instanceof TokenFault) return { label, reason: error.message };
    throw error;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  digits: 'the number of digits (6 or 8)',
  period: 'the step (30 or 60 seconds)',
  type: 'the type (hotp or totp)',
  algorithm: 'the algorithm (SHA1, SHA256 or SHA512)',
  secret: 'the secret (16 to 64 bytes)',
  next: 'the counter',
  drift: 'the drift',
};
