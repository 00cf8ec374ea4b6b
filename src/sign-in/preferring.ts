import type { FullEvaluation } from '../assurance/evaluate.ts';
import type { Wish } from '../core/upstream.ts';

/** An evaluation, with the method that the person wants to be asked for first. */
export interface Preferring extends FullEvaluation {
  /** Id of a credential. */
  preferred?: string;
  /** What another house would be asked for, and what was asked already in this sign-in. */
  wish?: Wish;
  asked?: readonly string[];
}
