import type { WebDeps } from '../../context.ts';
import { endingSessions, handling, unlocking } from './account-actions.ts';
import type { DeskAction } from './action.ts';
import { assigning, confirming, issuing, removing } from './method-actions.ts';

export type DeskActionsNeeds = Pick<WebDeps, 'credentials' | 'helpDesk' | 'holds' | 'reports'>;

/** By the word in the address: the pages know no other. */
export function createDeskActions(deps: DeskActionsNeeds): ReadonlyMap<string, DeskAction> {
  return new Map([
    ['issue', issuing(deps)],
    ['remove', removing(deps)],
    ['confirm', confirming(deps)],
    ['unlock', unlocking(deps)],
    ['end-sessions', endingSessions(deps)],
    ['assign', assigning(deps)],
    ['handle', handling(deps)],
  ]);
}
