import type { Account, LocalizedText } from '../core/account.ts';
import type { Right, Subject } from './scope.ts';

/** Someone of the help desk, with what they may do now. */
export interface Agent {
  account: Account;
  /** What they may do to anybody at all. */
  rights: ReadonlySet<Right>;
  /** In which groups those are to whom they may do it; not all of them, for groups can be taken out. */
  groups(right: Right): readonly string[];
  /** Asked again at the moment of acting, with the groups that the person has then. */
  may(right: Right, target: Subject): boolean;
}

/** Whoever acts, as they may act at this moment. */
export interface Doer {
  /** An account's id, or `api:<name>`. */
  by: string;
  may(right: Right, target: Subject): boolean;
  /** What must be ticked, all of it. */
  checklist: readonly LocalizedText[];
}
