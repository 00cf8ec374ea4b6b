import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Logins } from '../accounts/logins.ts';
import type { Evaluator } from '../assurance/evaluate.ts';
import type { Browser } from '../core/browser.ts';
import type { Refused } from '../core/challenge.ts';
import type { Answer } from '../core/prompt.ts';
import type { Returned } from '../core/redirect.ts';
import { directoryOfUpstream } from '../core/said.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from '../methods/methods.ts';
import type { Passwords } from '../methods/passwords.ts';
import { accountOf, type Dispatcher } from './advance.ts';
import { createAnew } from './anew.ts';
import { createConfirming } from './confirming.ts';
import type { Leading } from './leading.ts';
import { type Left, openingOf } from './leaving.ts';
import type { SignInNeeds } from './needs.ts';
import type { Progress } from './progress.ts';
import { createProving } from './proving.ts';
import { createQuestions } from './questions.ts';
import { createResend } from './resend.ts';
import { createResults, type Prompting, type Result } from './results.ts';
import type { Loaded, States } from './states.ts';
import type { State } from './steps.ts';
import { createUpstreamAnswers } from './upstream-answers.ts';

interface Parts {
  accounts: Accounts;
  evaluator: Evaluator;
  attempts: Attempts;
  logins: Logins;
  credentials: Credentials;
  methods: Methods;
  states: States;
  dispatcher: Dispatcher;
  passwords: Passwords;
  progress: Progress;
  leading: Leading;
}

/** An answer from somebody else's page, and the trip that it ends. */
export interface CameBack {
  left: Left;
  state: string;
  back: string;
  returned: Returned;
}

/** What becomes of a sign-in by one answer: of those at the same moment one moves it on, and wrong ones count themselves. */
export function createReactions(deps: SignInNeeds, parts: Parts) {
  const { states, dispatcher, progress } = parts;
  const { advance, save, load } = progress;
  const prove = createProving(deps, { ...parts, advance });
  const confirm = createConfirming(deps, { ...parts, mayEnrol: dispatcher.mayEnrol, advance });
  const questions = createQuestions(parts);
  const { restart, again } = createAnew(parts);
  const resend = createResend(deps, parts);
  const upstream = createUpstreamAnswers(deps, { ...parts, advance });
  const { refused } = createResults(deps);

  async function react(request: SignInRequest, loaded: Loaded, answer: Answer, browser: Browser): Promise<Result> {
    const { state } = loaded;
    const { stage } = state;
    if (stage.at === 'remember') return questions.remember(request, state, answer, browser);
    if (stage.at === 'remind') return questions.remind(request, state, answer, browser);
    if ('optional' in stage && stage.optional && answer.skip === 'yes') return questions.skip(request, state, browser);
    if (stage.at === 'new-password') return questions.renew(request, state, answer, browser);
    if (stage.at === 'select-account') return questions.select(request, state, stage.account, answer, browser);
    if (stage.at === 'suggest') return questions.suggest(request, state, answer, browser);
    if (stage.at === 'move') return questions.move(request, state, answer, browser);
    if (stage.at === 'lost') return questions.lost(request, state, answer, browser);
    if (stage.at === 'choose-enrolment') return questions.choose(request, state, answer, browser);
    if (stage.at === 'enrol' && !stage.optional && answer.factor !== undefined) {
      return questions.choose(request, state, answer, browser);
    }
    if (answer.method !== undefined && (stage.at === 'method' || stage.at === 'choose')) {
      return questions.choose(request, state, answer, browser);
    }
    if (answer.resend !== undefined && (stage.at === 'enrol' || stage.at === 'method')) {
      return resend(request, state, browser);
    }
    if (answer.restart !== undefined && stage.at === 'enrol') return restart(request, state, browser);
    if (stage.at === 'enrol') return confirm(request, state, stage, answer, browser);
    if (stage.at === 'first' || stage.at === 'method') {
      const led = await parts.leading.typed(request, state, answer, browser);
      return led ?? prove(request, state, stage, answer, browser);
    }
    return { state };
  }

  /** What came back from somebody else's page, for the opening that led there. */
  function cameBack(request: SignInRequest, { state }: Loaded, came: CameBack, browser: Browser): Promise<Result> {
    const { left, returned } = came;
    const { stage } = state;
    const opening = openingOf(state, left.source);
    const isPrompt = stage.at === 'first' || stage.at === 'method' || stage.at === 'enrol';
    if (opening === undefined || !isPrompt) return Promise.resolve({ error: { key: 'try-again' }, free: true });
    if (directoryOfUpstream(left.source) !== undefined) return upstream(request, state, left, came, browser);
    const { also: _, ...alone } = stage;
    const asked: Prompting = { ...alone, ...opening, pending: left.pending };
    const fields = { ...returned.fields, factor: left.source };
    return stage.at === 'enrol'
      ? confirm(request, state, { ...asked, at: 'enrol' }, fields, browser)
      : prove(request, state, asked, fields, browser);
  }

  /** The state after one answer. `nonce` names the step that it answers: to any other one it is not an answer. */
  async function settle(
    request: SignInRequest,
    browser: Browser,
    nonce: string,
    look: (loaded: Loaded) => Promise<Result>,
  ): Promise<State> {
    let loaded = await load(request, browser);
    if (loaded.state.nonce !== nonce) return loaded.state;
    const result = await look(loaded);
    for (;;) {
      const state = 'state' in result ? result.state : await again(request, loaded.state, result, browser);
      if (await save(request, loaded, state, browser, 'told' in result ? result.told : undefined)) return state;
      const now = await states.load(request);
      if (now === undefined) return (await load(request, browser)).state;
      // Wrong answers at the same moment only counted themselves; anything else was first, and stands.
      const stands = now.state.nonce === nonce || ('state' in result && onlyErrors(loaded.state, now.state));
      if (!stands) return now.state;
      loaded = now;
    }
  }

  return {
    answer: (request: SignInRequest, browser: Browser, given: Answer, nonce: string): Promise<State> =>
      settle(request, browser, nonce, (loaded) => react(request, loaded, given, browser)),

    cameBack: (request: SignInRequest, browser: Browser, came: CameBack): Promise<State> =>
      settle(request, browser, came.left.nonce, (loaded) => cameBack(request, loaded, came, browser)),

    /** What kept somebody from leaving is told where they are. */
    stayed: (request: SignInRequest, browser: Browser, factor: string, refusal: Refused, nonce: string) =>
      settle(request, browser, nonce, async ({ state }) =>
        refused(request, browser, factor, refusal, accountOf(request, state)),
      ),
  };
}

/** Whether nothing came of what was answered since: wrong answers may have renewed the prompt under a right one. */
function onlyErrors(before: State, now: State): boolean {
  const same = before.account === now.account && before.switched === now.switched;
  return same && before.collected.length === now.collected.length && before.stage.at === now.stage.at;
}

export type Reactions = ReturnType<typeof createReactions>;
