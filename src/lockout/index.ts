/**
 * How often anybody may try, ask, and leave something behind before they have to wait: the lock after wrong answers,
 * budgets of what costs, and what strangers can cause. It needs the stores, and an audit to tell.
 */
import { createAttempts } from './attempts.ts';
import type { LockoutNeeds } from './needs.ts';

export type { Attempts } from './attempts.ts';
export { createLimits } from './limits.ts';
export type { LockoutNeeds, LockoutSettings } from './needs.ts';
export { createStrangers, type StrangerSettings } from './strangers.ts';
export { boundUnproven } from './unproven.ts';

export function lockoutRoom(needs: LockoutNeeds) {
  return { attempts: createAttempts(needs) };
}

export type LockoutRoom = ReturnType<typeof lockoutRoom>;
