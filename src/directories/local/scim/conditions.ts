import type { Ask } from './call.ts';
import { ScimError } from './errors.ts';

/** Rounds of compare-and-set before giving up. */
export const ROUNDS = 10;

export const busy = (): ScimError => new ScimError(503, 'Others keep changing this: try again.');

export const preconditionFailed = (): ScimError =>
  new ScimError(412, 'It has changed since: read it again, and compare meta.version.');

/** Whether a list of versions, or `*`, names this one; compared weakly (RFC 9110 section 8.8.3.2). */
export function names(header: string, version: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(version));
}

/** Throws 412 where the request is for another version than this. */
export function match({ ifMatch }: Pick<Ask, 'ifMatch'>, version: string): void {
  if (ifMatch !== undefined && !names(ifMatch, version)) throw preconditionFailed();
}
