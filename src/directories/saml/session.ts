import { createHash } from 'node:crypto';
import type { Settings } from './settings.ts';

const MARK = ':';

/** What a provider's SessionIndex is known by: of two houses of a federation each has its own. */
export function sessionNamed(index: string, issuer: string, { federation }: Pick<Settings, 'federation'>): string {
  if (federation === undefined) return index;
  return createHash('sha256').update(issuer).digest('base64url') + MARK + index;
}

/** The SessionIndex itself, as its provider wrote it. */
export const indexNamed = (session: string, { federation }: Pick<Settings, 'federation'>): string =>
  federation === undefined ? session : session.slice(session.indexOf(MARK) + MARK.length);
