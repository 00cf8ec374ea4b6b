import type { Request, Response, Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import type { Destination } from '../../../core/redirect.ts';
import { returnPathOf } from '../../../core/redirect.ts';
import { upstreamOf } from '../../../core/said.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import { depart } from '../../depart.ts';
import { LINKING, linkPath, toldIn, triedPath } from './link-return.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';

/** How long somebody may be at the other page, milliseconds. */
const AWAY = 30 * 60_000;

export type LinkPagesNeeds = Rendering &
  Pick<WebDeps, 'audit' | 'credentials' | 'deposits' | 'issuer' | 'linking' | 'upstreams'>;

/**
 * `/account/links/…`: an account at another house is linked by whoever signs in to both in one attempt. It takes what
 * adding a method takes, and a last word of this very page: an answer that somebody planted links nothing.
 */
export function linkPages(deps: LinkPagesNeeds, router: Router, { membership, forms }: AccountParts): void {
  const { audit, credentials, deposits, issuer, linking, upstreams } = deps;
  const { member, holds } = membership;
  const { tokenOf, checked, about } = forms;

  const houses = new Map(upstreams.map(({ directory, redirects }) => [directory, redirects]));

  /** Who asks, and the house; undefined where the browser has been sent elsewhere. */
  async function linkerAt(req: Request, res: Response) {
    const directory = String(req.params.directory);
    const house = houses.get(directory);
    if (house === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such house to link');
    const it = await member(req, res, 'sallyport-security', linkPath(directory));
    return it && { it, directory, house };
  }

  async function isOffered({ account }: Member, directory: string): Promise<boolean> {
    return linking.offered(account, await credentials.ofAccount(account.id)).includes(directory);
  }

  /** The attempt that a form is the last word of. */
  function attemptIn(req: Request, res: Response, it: Member, directory: string): string {
    try {
      return checked(req, it);
    } catch (error) {
      const facts = { factor: upstreamOf(directory), reason: 'another-form', ...about(res, it) };
      audit.note({ event: 'enrolment.refused', ...facts });
      throw error;
    }
  }

  router.get('/account/links/add/:directory', async (req, res) => {
    const who = await linkerAt(req, res);
    if (who === undefined) return;
    const { it, directory, house } = who;
    if (!(await isOffered(it, directory))) return res.redirect(303, '/account');
    const why = toldIn(req.query.why);
    send(deps, res, 'account-link', {
      ...{ house: house.name, leave: linkPath(directory, '/leave'), back: '/account' },
      ...(why ? { error: { key: why } } : {}),
    });
  });

  /** A link and no form, as where a sign-in leaves: it changes nothing. */
  router.get('/account/links/add/:directory/leave', async (req, res) => {
    const who = await linkerAt(req, res);
    if (who === undefined) return;
    const { it, directory } = who;
    if (!(await isOffered(it, directory))) return res.redirect(303, '/account');
    const back = `${issuer}${returnPathOf(upstreamOf(directory))}`;
    const found: { to?: Destination; why?: string } = {};
    const begin = async (state: string): Promise<string | undefined> => {
      const gone = await linking.leave(it, directory, { state, back, locale: localsOf(res).locale });
      Object.assign(found, 'to' in gone ? { to: gone.to } : { why: gone.error.key });
      return 'to' in gone ? gone.kept : undefined;
    };
    await deposits.make({ req, res }, LINKING, begin, AWAY);
    if (found.to) return depart(deps, res, found.to);
    res.redirect(303, triedPath(directory, found.why ?? ''));
  });

  router.get('/account/links/add/:directory/confirm', async (req, res) => {
    const who = await linkerAt(req, res);
    if (who === undefined) return;
    const { it, directory, house } = who;
    const waiting = await linking.waitingFor(it, directory);
    if (waiting === undefined) return res.redirect(303, linkPath(directory));
    const { attempt, name, username } = waiting;
    send(deps, res, 'account-link', {
      ...{ house: house.name, back: '/account' },
      found: { name, username, action: linkPath(directory, '/confirm'), csrf: tokenOf(it, attempt) },
      account: { name: it.account.name, username: it.account.username },
    });
  });

  router.post('/account/links/add/:directory/confirm', async (req, res) => {
    const who = await linkerAt(req, res);
    if (who === undefined) return;
    const { it, directory } = who;
    const attempt = attemptIn(req, res, it, directory);
    const right = () => holds(res, it, 'sallyport-security');
    const done = await linking.confirm({ ...it, right }, { directory, attempt }, localsOf(res).browser);
    if (done === 'linked') return res.redirect(303, '/account?notice=link-added');
    res.redirect(303, done === 'lost' ? linkPath(directory) : triedPath(directory, done.error.key));
  });
}
