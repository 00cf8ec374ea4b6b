import { type Request, type Response, Router } from 'express';
import type { Answer } from '../../../core/prompt.ts';
import type { ResetStep } from '../../../reset/index.ts';
import { PATIENCE } from '../../../reset/index.ts';
import { answerOf, formFields, LONGEST_FORM } from '../../bodies.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import { allowWorker, type Csrf } from '../../security.ts';
import { resetPage } from './pages.ts';

const BEGIN = '/reset';
/** Of bonds: what a browser that asked is known by. */
const KIND = 'reset';
const addressOf = (id: string): string => `${BEGIN}/${id}`;

export type ResetPagesNeeds = Rendering & Pick<WebDeps, 'bonds' | 'random' | 'reset'>;

/**
 * `/reset`: "Forgot your password?". The same pages, whoever is meant: what an account has is seen by nobody who has
 * shown nothing of it. What a mail's address opens is asked with GET, and changes nothing.
 */
export function resetPages(deps: ResetPagesNeeds, csrf: Csrf): Router {
  const { bonds, reset } = deps;
  const router = Router();
  if (reset.at === 'nowhere') return router;
  if (reset.at !== 'here') {
    const { url } = reset.at;
    router.get(BEGIN, (_req, res) => res.redirect(303, url));
    return router;
  }

  router.use(BEGIN, ...formFields(LONGEST_FORM));
  // An address out of a mail has a code in it: nobody is told of it, us included.
  router.use(BEGIN, (_req, res, next) => {
    res.setHeader('referrer-policy', 'no-referrer');
    next();
  });

  async function showBegin(res: Response, { username: name, ...answer }: Answer = {}, refused?: true): Promise<void> {
    const question = await reset.human.question(localsOf(res).browser, answer);
    if (question) allowWorker(res);
    send(deps, res, 'reset-begin', {
      action: BEGIN,
      csrf: csrf.token(BEGIN),
      ...(name === undefined ? {} : { name }),
      ...(question ? { question } : {}),
      ...(refused ? { error: { key: 'reset.work.again' } } : {}),
    });
  }

  router.get(BEGIN, async (_req, res) => showBegin(res));

  router.post(BEGIN, async (req, res) => {
    csrf.check(req, BEGIN, { unreferred: true });
    const answer = answerOf(req.body);
    const { browser } = localsOf(res);
    const name = (answer.username ?? '').trim();
    if (name === '') return res.redirect(303, BEGIN);
    if (!(await reset.human.passes(browser, answer))) return showBegin(res, answer, true);
    const id = Buffer.from(deps.random(16)).toString('base64url');
    await bonds.make({ req, res }, KIND, id, PATIENCE, (bond) => reset.begin(id, bond, name, browser));
    res.redirect(303, addressOf(id));
  });

  const boundTo = (req: Request, id: string) => (bond: string) => bonds.hold(req, KIND, id, bond);
  const idOf = (req: Request): string => String(req.params.id);

  /** In any other browser it isn't there, whatever its address says. */
  const elsewhere = (res: Response) => send(deps, res, 'reset-end', { end: 'elsewhere' }, 404);

  /** Without a script, this is where an answer that came from elsewhere is noticed. */
  async function look(req: Request, res: Response, id: string): Promise<void> {
    const [isBound, awaited] = [boundTo(req, id), await reset.waiting.awaited(id, boundTo(req, id))];
    const step = awaited && (await reset.waiting.isOver(awaited)) ? await reset.show(id, isBound) : undefined;
    if (step?.kind === 'prompt') await reset.answer(id, isBound, step.nonce, {}, localsOf(res).browser);
  }

  router.get(`${BEGIN}/:id`, async (req, res) => {
    const id = idOf(req);
    if (req.query.again !== undefined) await look(req, res, id);
    const shown = await reset.show(id, boundTo(req, id));
    const late = req.query.late === undefined ? {} : { error: { key: 'already-answered' } };
    const step = shown && { ...late, ...shown };
    if (step === undefined) return elsewhere(res);
    const { code } = req.query;
    if (step.kind === 'done' || step.kind === 'over') bonds.end({ res }, KIND, id);
    show(res, id, step, typeof code === 'string' ? code.slice(0, 64) : undefined);
  });

  function show(res: Response, id: string, step: ResetStep, code: string | undefined): void {
    const action = addressOf(id);
    localsOf(res).path = action;
    const [page, model] = resetPage({ action, csrf: csrf.token(action, step.nonce), code }, step);
    send(deps, res, page, model);
  }

  router.post(`${BEGIN}/:id`, async (req, res) => {
    const id = idOf(req);
    const nonce = csrf.check(req, addressOf(id), { unreferred: true });
    const found = await reset.answer(id, boundTo(req, id), nonce, answerOf(req.body), localsOf(res).browser);
    if (found === undefined) return elsewhere(res);
    res.redirect(303, found === 'late' ? `${addressOf(id)}?late` : addressOf(id));
  });

  return router;
}
