import type { Request, Response } from 'express';
import { ENROLMENT, type InternalApplication } from '../../../core/application.ts';
import type { Proof } from '../../../core/assurance.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Message, PromptKind } from '../../../core/prompt.ts';
import type { Enrolling } from '../../../methods/enrolment.ts';
import { answerOf } from '../../bodies.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import type { Pages } from '../../models.ts';
import { waitingAt } from '../waiting.ts';
import type { OwnForms } from './forms.ts';
import type { Member, Membership } from './session.ts';

/** Prompts with nothing to name yet, or no more. */
const NAMELESS: readonly PromptKind[] = ['notice', 'choice', 'wait'];

/** Whichever page shows it, it listens here. */
const at = (factor: string) => `/account/methods/add/${encodeURIComponent(factor)}`;

/** Where a method is being set up, and how its page says so. */
export interface Place {
  factor: string;
  /** Same-origin path that shows the prompt and takes its answer. */
  action: string;
  /** Whose page it is, for the line above the heading. */
  application: InternalApplication;
  /** A name to begin with, in the place of the factor's own. */
  name?: string;
  progress?: Pages['prompt']['progress'];
  /** A way out that leaves all as it was. */
  leave?: { href: string; label: Message };
  /** What it takes besides a fresh second factor, or a pass: asked in the moment of adding. */
  right?: () => Promise<boolean>;
}

/** `proof`: that it works was shown while it was set up. */
export type SetUpResult = { added: string; proof?: Proof } | { renewed: string } | { again: string };

export type SetUpNeeds = Rendering & Pick<WebDeps, 'applications' | 'credentials' | 'enrolment' | 'now' | 'waiting'>;

/** A factor's own enrolment for somebody who is signed in, on whichever page it is wanted. */
export function createSetUp(deps: SetUpNeeds, { tokenOf }: OwnForms, { holds }: Membership) {
  const { enrolment, credentials, waiting } = deps;

  /** The right to it is what opened the page, asked again: these proofs must still be there, and lately shown. */
  const enrolling = (res: Response, it: Member, { application, right }: Place): Enrolling => ({
    ...it,
    right: async () => {
      const needs = application === ENROLMENT ? ENROLMENT : 'sallyport-security';
      return (await holds(res, it, needs)) && (right === undefined || (await right()));
    },
  });

  function page(res: Response, it: Member, place: Place, prompt: Pages['prompt']['prompt'], error?: Message): void {
    const { username, name } = it.account;
    const { action, factor, progress, leave } = place;
    send(deps, res, 'prompt', {
      action,
      csrf: tokenOf(it),
      application: deps.applications.get(place.application)?.name ?? '',
      factor,
      prompt,
      account: { username, name },
      purpose: 'enrol',
      nameable: !NAMELESS.includes(prompt.kind),
      ...('waits' in prompt ? { waiting: waitingAt(at(factor), `${action}?again`) } : {}),
      ...(place.name === undefined ? {} : { named: place.name }),
      ...(progress ? { progress } : {}),
      ...(leave ? { leave } : {}),
      ...(error ? { error: { ...error, factor } } : {}),
    });
  }

  /** What is under way. Without a script, this is where an answer that came from elsewhere is noticed. */
  async function look(res: Response, it: Member, place: Place) {
    const { factor } = place;
    const awaited = await waiting.ofEnrolment(it.session, factor);
    if (awaited) {
      const [changed] = await waiting.changed([awaited.topic]);
      const due = changed || deps.now() >= awaited.expires;
      if (due) await enrolment.confirm(enrolling(res, it, place), factor, {}, localsOf(res).browser);
    }
    return enrolment.underWay(it.session, factor);
  }

  return {
    /**
     * Shows what is under way, where the address says so, or begins anew. False where there are as many of this
     * factor as there can be.
     *
     * @throws SallyportError ERR_NOT_FOUND where there is no such factor to enrol
     */
    async show(req: Request, res: Response, it: Member, place: Place): Promise<boolean> {
      const { factor } = place;
      const underWay = req.query.again === undefined ? undefined : await look(res, it, place);
      if (underWay) page(res, it, place, underWay.prompt, underWay.error);
      if (underWay) return true;
      const prompt = await enrolment.begin(it.account, it.session, factor);
      if (prompt) page(res, it, place, prompt);
      if (prompt) return true;
      const full = (await credentials.ofAccount(it.account.id)).some((one) => one.factor === factor);
      if (!full) throw new SallyportError('ERR_NOT_FOUND', 'no such factor to enrol');
      return false;
    },

    /** Takes an answer. The page is asked for again either way: Back and Reload must not send a code again. */
    async answer(req: Request, res: Response, it: Member, place: Place): Promise<SetUpResult> {
      const { factor, action } = place;
      const answer = answerOf(req.body);
      const result = await enrolment.confirm(enrolling(res, it, place), factor, answer, localsOf(res).browser);
      if ('added' in result || 'renewed' in result) return result;
      return { again: `${action}?again` };
    },
  };
}

export type SetUp = ReturnType<typeof createSetUp>;
