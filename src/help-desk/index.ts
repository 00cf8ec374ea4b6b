/**
 * Who may do what for whom, and the doing of it: the help desk, its people, and the programs that give the same orders.
 * It needs the configuration's agents, directories and the rooms in which things are done.
 */
import { createHelpDesk } from './help-desk.ts';
import type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';

export type { Agent, Doer } from './agent.ts';
export type { HelpDesk } from './help-desk.ts';
export type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';
export { scopeGroups, type TextCosts } from './scope.ts';
export type { Waiter } from './waiting.ts';

export function helpDeskRoom(needs: HelpDeskNeeds, below: HelpDeskParts) {
  return { helpDesk: createHelpDesk(needs, below) };
}

export type HelpDeskRoom = ReturnType<typeof helpDeskRoom>;
