import type { Evaluator } from '../assurance/evaluate.ts';
import type { FactorContext } from '../core/challenge.ts';
import type { Offers } from './offers.ts';
import type { Preferring } from './preferring.ts';
import type { Stage, State } from './steps.ts';

/** What comes next where a door presents the prompts itself, and there is more to say than a method. */
export function createPresented(offers: Offers, { isEnrolled }: Pick<Evaluator, 'isEnrolled'>) {
  /** Where a door presents the prompts itself nothing is set up, and no password changed: it says where that is done. */
  function elsewhere(context: FactorContext, state: State, evaluation: Preferring): Stage {
    const { presents: _, ...anywhere } = evaluation;
    const { account, credentials, hold, due, unreachable } = evaluation;
    const error = unreachable ? 'unmet_authentication_requirements' : 'access_denied';
    if (hold) return { at: 'refused', message: 'elsewhere.new-password', error };
    if (due && evaluation.missing === 'new-password') return { at: 'refused', message: 'elsewhere.due', error };
    if (!isEnrolled(account, credentials) && offers.enrollable(anywhere).length > 0) {
      return { at: 'refused', message: 'elsewhere.enrol', error };
    }
    const able = offers.methods(anywhere, state, context).length > 0;
    return { at: 'refused', message: able ? 'elsewhere.method' : unreachable ? 'unmet' : 'no-method', error };
  }

  /** The one method of somebody who was only named. Nothing is sent where what it shows wouldn't be enough. */
  async function alone(context: FactorContext, state: State, evaluation: Preferring): Promise<Stage> {
    const [method] = offers.methods(evaluation, state, context);
    if (method) return offers.challenge(method.factor, context, evaluation, state);
    const message = offers.isStopped(evaluation, state) ? 'stopped.methods' : 'no-method';
    return { at: 'refused', message, error: 'access_denied' };
  }

  return { elsewhere, alone };
}
