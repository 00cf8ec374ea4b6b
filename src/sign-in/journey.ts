import type { Accounts } from '../accounts/accounts.ts';
import type { EvidenceStore } from '../assurance/evidence.ts';
import type { Browser } from '../core/browser.ts';
import type { Answer } from '../core/prompt.ts';
import type { Trip } from '../core/redirect.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Passwords } from '../methods/passwords.ts';
import type { Dispatcher } from './advance.ts';
import type { Leading } from './leading.ts';
import type { LeavingPart, Left } from './leaving.ts';
import type { Look } from './look.ts';
import { createPresenter } from './present.ts';
import type { Progress } from './progress.ts';
import { SET_ASIDE } from './questions.ts';
import type { CameBack, Reactions } from './reactions.ts';
import type { Step } from './steps.ts';

interface Parts {
  accounts: Accounts;
  evidence: EvidenceStore;
  dispatcher: Dispatcher;
  passwords: Passwords;
  progress: Progress;
  react: Reactions;
  look: Look;
  leading: Leading;
  leaving: LeavingPart;
}

/**
 * The headless journey: begin, answer after answer, outcome. No door's words here; each answer is counted
 * before it is looked at, and returns to one dispatcher that decides what comes next.
 */
export function createJourney(parts: Parts) {
  const { dispatcher, react, look, leaving } = parts;
  const { advance, save, load } = parts.progress;
  const present = createPresenter(parts);

  return {
    /** The request of this browser is about to ask for the sign-in of this id. */
    ahead: (id: string, browser: Browser): void => parts.progress.ahead(id, browser),

    /** Where the sign-in stands. */
    async show(request: SignInRequest, browser: Browser): Promise<Step> {
      return present(request, (await load(request, browser)).state, browser);
    },

    /** The same, with what came from elsewhere. */
    async look(request: SignInRequest, browser: Browser): Promise<Step> {
      return present(request, await look(request, browser), browser);
    },

    /** Takes one answer. `nonce` names the step that it answers: to any other one it is not an answer. */
    async answer(request: SignInRequest, browser: Browser, answer: Answer, nonce: string): Promise<Step> {
      return present(request, await react.answer(request, browser, answer, nonce), browser);
    },

    /** Where somebody goes on at another page; the step as it stands now where they stay. */
    async leave(request: SignInRequest, browser: Browser, step: Pick<Left, 'nonce' | 'source' | 'house'>, trip: Trip) {
      const gone = await leaving.leave(request, browser, step, trip);
      if (gone && 'to' in gone) return gone;
      if (gone === undefined) return present(request, (await load(request, browser)).state, browser);
      return present(request, await react.stayed(request, browser, step.source, gone, step.nonce), browser);
    },

    /** Where the application's own chooser leads, once in a sign-in; undefined where it doesn't. */
    follow: parts.leading.follow,

    /** What was kept of a trip. Throws ERR_SEAL for whatever wasn't kept for it. */
    left: leaving.left,

    /** Takes what came back, as an answer to the step that led there. */
    async cameBack(request: SignInRequest, browser: Browser, came: CameBack): Promise<Step> {
      return present(request, await react.cameBack(request, browser, came), browser);
    },

    /** What there is in the place of the present step, without leaving it. */
    async instead(request: SignInRequest, browser: Browser): Promise<Step> {
      const { error: _, ...state } = (await load(request, browser)).state;
      const { stage } = state;
      if (stage.at === 'method') {
        const step = await present(request, { ...state, stage: { at: 'choose' } }, browser);
        if (step.kind !== 'choose') return step;
        return { ...step, methods: step.methods.filter(({ factor }) => factor !== stage.factor) };
      }
      if (stage.at !== 'enrol' || stage.optional) return present(request, state, browser);
      const factors = dispatcher.offers.enrollable(await dispatcher.evaluate(request, state, browser));
      const others = factors.filter((factor) => factor !== stage.factor);
      return present(request, { ...state, stage: { at: 'choose-enrolment', factors: others } }, browser);
    },

    /** Sets the known account aside and begins again with somebody else's. */
    async switchAccount(request: SignInRequest, browser: Browser): Promise<Step> {
      const loaded = await load(request, browser);
      const state = await advance(request, SET_ASIDE, browser);
      await save(request, loaded, state, browser);
      return present(request, (await load(request, browser)).state, browser);
    },
  };
}

export type Journey = ReturnType<typeof createJourney>;
