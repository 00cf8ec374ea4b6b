import type { FullEvaluation } from '../assurance/evaluate.ts';
import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import { type Evidence, isFirstFactor, isSecondFactor } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { SignInNeeds } from './needs.ts';
import { standing } from './rights.ts';
import type { Stage, State } from './steps.ts';

/** Whether a complete sign-in asks to be remembered on its browser. */
export function createRemembering(deps: Pick<SignInNeeds, 'now'>, devices: Pick<TrustedDevices, 'recall'>) {
  /** What of this sign-in can be remembered on this browser; empty where nothing is. */
  function memorable(state: State, evaluation: FullEvaluation, browser: Browser): Evidence[] {
    if (!evaluation.satisfied || evaluation.requirement.remember === 0 || browser.shared) return [];
    // One step was all it took: there is no second one to be spared.
    if (evaluation.evidence.every((proof) => isFirstFactor(proof) && isSecondFactor(proof))) return [];
    // What another house says is said anew each time.
    return standing(state, evaluation).filter(
      (proof) => isSecondFactor(proof) && !proof.bootstrap && proof.said === undefined,
    );
  }

  async function remembering(
    account: string,
    state: State,
    evaluation: FullEvaluation,
    browser: Browser,
  ): Promise<Stage> {
    const { requirement, begun: authTime = deps.now() } = evaluation;
    const proofs = memorable(state, evaluation, browser);
    const done: Stage = { at: 'done', authTime };
    if (proofs.length === 0) return done;
    if ((await devices.recall(account, browser)) === undefined) {
      return { at: 'remember', window: requirement.remember, authTime };
    }
    // Said yes before: a new proof renews the record.
    return { ...done, remembers: { proofs, anew: false } };
  }

  return { memorable, remembering };
}
