import { type Request, type RequestHandler, type Response, Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import { parametersOf } from '../../../core/parameters.ts';
import type { Answer } from '../../../core/prompt.ts';
import { type Destination, type Leaving, type Returned, returnPathOf } from '../../../core/redirect.ts';
import { directoryOfUpstream, upstreamOf } from '../../../core/said.ts';
import type { SignInRequest } from '../../../core/sign-in.ts';
import type { Step } from '../../../sign-in/steps.ts';
import { formText, LONGEST_FORM } from '../../bodies.ts';
import { localsOf, type Rendering, type WebDeps } from '../../context.ts';
import { depart } from '../../depart.ts';
import { createLinkReturn, LINKING, type LinkReturnNeeds } from '../account/link-return.ts';
import type { LastHouse } from './last-house.ts';

/** What is kept of who has left, and of an answer that came by a form. */
const LEFT = 'left';
const POSTED = 'returned';
/** How long somebody may be at another page, and an answer on its way to our own GET, milliseconds. */
const AWAY = 30 * 60_000;
const HANDOVER = 60_000;
/** Names the posted answer in our own address. */
const PARAMETER = 'returned';

const REFUSALS = {
  'other-browser': 'ERR_SIGN_IN_OTHER_BROWSER',
  'other-session': 'ERR_SIGN_IN_EXPIRED',
  unsolicited: 'ERR_SIGN_IN_EXPIRED',
  'mixed-up': 'ERR_SIGN_IN_EXPIRED',
} as const;

/** Written as our own states are: one that was used up, and no RelayState of a house's own. */
const OURS = /^[\w-]{43}$/;

/** Who sends people elsewhere: by the name of it that openings have. */
export interface Source {
  source: string;
  leaving: Leaving;
}

export type DeparturesNeeds = Rendering &
  LinkReturnNeeds &
  Pick<WebDeps, 'audit' | 'core' | 'deposits' | 'issuer' | 'journey' | 'leaving'>;

interface Ways {
  requestOf(req: Request, res: Response, id: string): Promise<SignInRequest>;
  proceed(req: Request, res: Response, request: SignInRequest, step: Step): Promise<void>;
  last: LastHouse;
}

/** Leaving a sign-in for another house's page, and coming back: bound to the browser, to the step, and to that house. */
export function departures(deps: DeparturesNeeds, { requestOf, proceed, last }: Ways): Router {
  const { audit, core, deposits, journey, issuer } = deps;
  const linkReturn = createLinkReturn(deps);
  const backOf = (source: string): string => `${issuer}${returnPathOf(source)}`;
  const sources = new Map(deps.leaving.map(({ source, leaving }) => [source, leaving]));

  /** A link and no form: what Chromium follows from a form must be named in `form-action`, and houses send on to others. */
  const leave: RequestHandler = async (req, res) => {
    const request = await requestOf(req, res, String(req.params.id));
    const { browser, locale } = localsOf(res);
    const { to: source, step: nonce, house } = req.query;
    const isChoice = house === undefined || typeof house === 'string';
    if (typeof source !== 'string' || typeof nonce !== 'string' || !isChoice || !sources.has(source)) {
      throw new SallyportError('ERR_NOT_FOUND', 'leads nowhere');
    }
    const step = { source, nonce, ...(house !== undefined && { house }) };
    const found: { step?: Step; to?: Destination } = {};
    const begin = async (state: string): Promise<string | undefined> => {
      const gone = await journey.leave(request, browser, step, { state, back: backOf(source), locale });
      Object.assign(found, 'to' in gone ? { to: gone.to } : { step: gone });
      return 'to' in gone ? gone.kept : undefined;
    };
    await deposits.make({ req, res }, LEFT, begin, AWAY);
    if (found.step) return proceed(req, res, request, found.step);
    if (found.to) depart(deps, res, found.to);
  };

  /** From another site a form comes without our Lax cookies: it is kept, and looked at by our own GET. */
  const posted: RequestHandler = async (req, res) => {
    const text = typeof req.body === 'string' ? req.body : '';
    const id = await deposits.put({ req, res }, POSTED, text, HANDOVER);
    res.redirect(303, `${req.path}?${PARAMETER}=${id}`);
  };

  async function returnedIn(req: Request, res: Response): Promise<Returned> {
    const raw = req.url.split('?')[1] ?? '';
    const id = parametersOf(raw)[PARAMETER];
    if (id === undefined) return { by: 'query', fields: fieldsOf(raw), raw };
    const text = await deposits.take({ req, res }, POSTED, id);
    if (text === undefined) throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'no posted answer of this browser');
    return { by: 'form', fields: fieldsOf(text), raw: text };
  }

  function note(res: Response, source: string, reason: keyof typeof REFUSALS): void {
    const { ip, userAgent, reference } = localsOf(res).browser;
    audit.note({ event: 'sign-in.refused', factor: source, reason, ip, userAgent, reference });
  }

  /**
   * Somebody began at their house (IdP-initiated): whoever may have planted that, it is nothing but a hint to begin
   * here, and the page waits for a word of theirs before it goes there.
   */
  function invite(res: Response, source: string): void {
    note(res, source, 'unsolicited');
    const houseHints = [directoryOfUpstream(source) ?? ''];
    res.redirect(303, core.begin('sallyport-account', { returnTo: '/applications', houseHints }));
  }

  /** What comes to a wrong place, or from a browser that nobody left in, is looked at by nobody. */
  function refuse(res: Response, source: string, reason: keyof typeof REFUSALS): never {
    note(res, source, reason);
    throw new SallyportError(REFUSALS[reason], `${source}: ${reason}`);
  }

  const isAway = async (state: string): Promise<boolean> =>
    (await deposits.peek(LEFT, state)) !== undefined || (await deposits.peek(LINKING, state)) !== undefined;

  const comeBack =
    (source: string, { returns, invites }: Leaving): RequestHandler =>
    async (req, res) => {
      const returned = await returnedIn(req, res);
      const state = returned.fields[returns];
      const kept = await deposits.take({ req, res }, LEFT, state);
      if (kept === undefined || state === undefined) {
        const refusing = (reason: Parameters<typeof refuse>[2]) => refuse(res, source, reason);
        if (state !== undefined && (await linkReturn(req, res, { source, state, returned }, refusing))) return;
        const elsewhere = state !== undefined && (await isAway(state));
        if (elsewhere) return refuse(res, source, 'other-browser');
        if (invites && !OURS.test(state ?? '')) return invite(res, source);
        return refuse(res, source, 'unsolicited');
      }
      const left = journey.left(kept, state);
      if (left.source !== source) return refuse(res, source, 'mixed-up');
      const request = await requestOf(req, res, left.signIn);
      const came = { left, state, back: backOf(source), returned };
      const step = await journey.cameBack(request, localsOf(res).browser, came);
      const directory = directoryOfUpstream(source);
      // A wrong choice isn't remembered.
      if (directory !== undefined && step.error === undefined)
        last.keep(res, { directory, ...(left.house !== undefined && { house: left.house }) });
      await proceed(req, res, request, step);
    };

  const router = Router();
  router.get('/sign-in/:id/leave', leave);
  for (const [source, leaving] of sources) {
    const path = returnPathOf(source);
    router.post(path, ...formText(leaving.longest ?? LONGEST_FORM), posted);
    router.get(path, comeBack(source, leaving));
  }
  return router;
}

/** A name that comes twice is none: another reader might take the other one. */
function fieldsOf(text: string): Answer {
  const all = Object.entries(parametersOf(text));
  return Object.fromEntries(all.filter((field): field is [string, string] => typeof field[1] === 'string'));
}

/** Whoever sends people elsewhere, of factors and directories. */
export function sourcesOf(
  factors: Iterable<readonly [string, Leaving | undefined]>,
  directories: Iterable<readonly [string, Leaving | undefined]>,
): Source[] {
  const named = [...factors, ...[...directories].map(([id, leaving]) => [upstreamOf(id), leaving] as const)];
  return named.flatMap(([source, leaving]) => (leaving ? [{ source, leaving }] : []));
}
