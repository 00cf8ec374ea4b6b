import type { Request, Response } from 'express';
import { type Returned, returnPathOf } from '../../../core/redirect.ts';
import { upstreamOf } from '../../../core/said.ts';
import { localsOf, type WebDeps } from '../../context.ts';

/** What is kept of who has left to link an account. */
export const LINKING = 'linking';

export const linkPath = (directory: string, part = ''): string =>
  `/account/links/add/${encodeURIComponent(directory)}${part}`;

/** Why it came to nothing, as an address may say: keys of texts. */
const TOLD = [
  'link.not-offered',
  'link.not-anew',
  'link.taken',
  'link.own-account',
  'link.later',
  'upstream.cancelled',
  'upstream.unavailable',
  'upstream.unbelievable',
  'already-answered',
] as const;

export const toldIn = (why: unknown) => TOLD.find((key) => key === why);

/** The page that begins it, with what came of the last try. */
export const triedPath = (directory: string, key: string): string =>
  `${linkPath(directory)}?why=${toldIn(key) ?? 'link.later'}`;

export type LinkReturnNeeds = Pick<WebDeps, 'core' | 'deposits' | 'issuer' | 'linking'>;

/** An answer, and whose address it came to. */
interface Came {
  source: string;
  state: string;
  returned: Returned;
}

/**
 * Takes what came back to whoever left to link an account: in their browser, once, and in the session in which they
 * left. False where nobody left so. Nothing is linked by it: that takes a last word, with all its rights.
 */
export function createLinkReturn({ core, deposits, issuer, linking }: LinkReturnNeeds) {
  return async (
    req: Request,
    res: Response,
    { source, state, returned }: Came,
    refuse: (reason: 'mixed-up' | 'other-session') => never,
  ): Promise<boolean> => {
    const kept = await deposits.take({ req, res }, LINKING, state);
    if (kept === undefined) return false;
    const left = linking.left(kept, state);
    if (upstreamOf(left.directory) !== source) return refuse('mixed-up');
    const session = await core.session(req, res);
    if (session?.session !== left.session || session.account !== left.account) return refuse('other-session');
    const came = { state, back: `${issuer}${returnPathOf(source)}`, returned };
    const { error } = await linking.cameBack(left, came, localsOf(res).browser);
    res.redirect(303, error ? triedPath(left.directory, error.key) : linkPath(left.directory, '/confirm'));
    return true;
  };
}
