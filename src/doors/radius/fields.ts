import type { RadiusClient } from './settings.ts';

/** What was typed in one field: the password, and a code where it came along. */
export interface Typed {
  password: string;
  code?: string | undefined;
}

/** A static challenge of OpenVPN's: password and answer, each in Base64 (its management-notes, "SCRV1"). */
const STATIC = /^SCRV1:([A-Za-z0-9+/]*={0,2}):([A-Za-z0-9+/]*={0,2})$/;

/** Reads what a client has put into User-Password. */
export function credentialsIn({ settings: { oneField } }: RadiusClient, typed: string): Typed {
  const [, password, answer] = STATIC.exec(typed) ?? [];
  if (password !== undefined && answer !== undefined) return withCode(fromBase64(password), fromBase64(answer));
  const comma = oneField === 'password,code' ? typed.lastIndexOf(',') : -1;
  return comma < 0 ? { password: typed } : withCode(typed.slice(0, comma), typed.slice(comma + 1));
}

function withCode(password: string, code: string): Typed {
  return code.trim() === '' ? { password } : { password, code: code.trim() };
}

const fromBase64 = (value: string): string => Buffer.from(value, 'base64').toString('utf8');
