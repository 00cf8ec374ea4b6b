import type { Request, Response, Router } from 'express';
import { type Asking, GIVEN_QUESTIONS, normalQuestion, QUESTIONS, type Typed } from '../../../accounts/index.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Answer, Message } from '../../../core/prompt.ts';
import { answerOf } from '../../bodies.ts';
import { type Rendering, send, type WebDeps } from '../../context.ts';
import type { Pages } from '../../models.ts';
import type { AccountParts } from './parts.ts';
import { createRegistrar, type RegistrarNeeds } from './registrar.ts';
import type { Member } from './session.ts';

const HERE = '/account/contacts/questions';
const REMOVING = `${HERE}/remove`;
const PLACES = Array.from({ length: QUESTIONS }, (_, at) => at + 1);

export type QuestionPagesNeeds = Rendering &
  RegistrarNeeds &
  Pick<WebDeps, 'questioning' | 'reset' | 'secretQuestions'>;

type Row = Pages['account-questions']['rows'][number];

/** Another of the given ones at each place, to begin with. */
const untouched = (): Row[] => PLACES.map((at) => ({ given: GIVEN_QUESTIONS[at - 1] ?? '', own: '', answer: '' }));

const typedRows = (answer: Answer): Row[] =>
  PLACES.map((at) => ({
    given: (answer[`question${at}`] ?? '').slice(0, 40),
    own: normalQuestion(answer[`own${at}`] ?? ''),
    answer: (answer[`answer${at}`] ?? '').slice(0, 200),
  }));

/** One's own words take the place of what is chosen. */
function askingOf({ given, own }: Row): Asking {
  const chosen = own === '' ? GIVEN_QUESTIONS.find((one) => one === given) : undefined;
  return chosen === undefined ? { own } : { given: chosen };
}

/** `/account/contacts/questions`: what is asked beside a code, where an operator wrote `legacySecretQuestions`. */
export function questionPages(
  deps: QuestionPagesNeeds,
  router: Router,
  { membership, forms, confirm }: AccountParts,
): void {
  const { questioning, reset, secretQuestions } = deps;
  const { tokenOf, checked, about } = forms;
  const someone = createRegistrar(deps, membership);

  async function setter(req: Request, res: Response) {
    const who = await someone(req, res);
    if (who && (reset.at !== 'here' || !questioning.allowed(who.it.account))) {
      throw new SallyportError('ERR_NOT_FOUND', 'no secret questions for this account');
    }
    return who;
  }

  function show(res: Response, it: Member, rows: Row[], failed?: { error: Message; at?: number }): void {
    const form = { action: HERE, csrf: tokenOf(it), given: [...GIVEN_QUESTIONS], back: '/account' };
    send(deps, res, 'account-questions', { ...form, rows, ...failed });
  }

  router.get(HERE, async (req, res) => {
    const who = await setter(req, res);
    if (who) show(res, who.it, untouched());
  });

  router.post(HERE, async (req, res) => {
    const who = await setter(req, res);
    if (who === undefined) return;
    const { it, right } = who;
    checked(req, it);
    const rows = typedRows(answerOf(req.body));
    const typed: Typed[] = rows.map((row) => ({ question: askingOf(row), answer: row.answer }));
    const done = await questioning.set({ account: it.account, right }, typed, { ...about(res, it), by: 'owner' });
    if (done === 'done') return res.redirect(303, '/account?notice=questions-set');
    if (done === 'lost') return res.redirect(303, '/account');
    show(res, it, rows, done);
  });

  /** Whoever has some can have none, whatever the operator has written since. */
  async function remover(req: Request, res: Response, returnTo?: string) {
    const who = await someone(req, res, returnTo);
    if (who && (reset.at !== 'here' || (await secretQuestions.standing(who.it.account.id)).setAt === undefined)) {
      throw new SallyportError('ERR_NOT_FOUND', 'no secret questions of theirs');
    }
    return who;
  }

  router.get(REMOVING, async (req, res) => {
    const who = await remover(req, res);
    if (who) confirm(res, who.it, REMOVING, 'remove-questions');
  });

  router.post(REMOVING, async (req, res) => {
    const who = await remover(req, res, '/account');
    if (who === undefined) return;
    const { it, right } = who;
    checked(req, it);
    const done = await questioning.remove({ account: it.account, right }, { ...about(res, it), by: 'owner' });
    res.redirect(303, done === 'done' ? '/account?notice=questions-removed' : '/account');
  });
}
