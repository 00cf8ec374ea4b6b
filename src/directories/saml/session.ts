import { createHash } from 'node:crypto';
import type { NameId } from '../../saml/index.ts';
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

/** The same, of whoever bears this name: providers may count sessions from 1 for each person (saml-core section 2.7.2). */
export const sessionOf = (session: string, { value }: Pick<NameId, 'value'>): string =>
  `${createHash('sha256').update(value).digest('base64url')} ${session}`;

/** Whether a SessionIndex names one session alone, whoever's it is; a shorter one may be anybody's. */
export const isUnmistakable = (index: string): boolean => index.length >= 16;
