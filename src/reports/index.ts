/**
 * "No, it's not me": what people report that others did with their account, and what follows from it at once. It needs
 * the rooms below, and the durable store.
 */
import type { AccountsRoom } from '../accounts/index.ts';
import type { AssuranceRoom } from '../assurance/index.ts';
import type { MethodsRoom } from '../methods/index.ts';
import type { ReportsNeeds } from './needs.ts';
import { createReports } from './reports.ts';

export type { ReportsNeeds } from './needs.ts';
export type { Report } from './records.ts';
export type { Reports } from './reports.ts';

export function reportsRoom(needs: ReportsNeeds, below: AccountsRoom & AssuranceRoom & MethodsRoom) {
  return { reports: createReports(needs, below) };
}

export type ReportsRoom = ReturnType<typeof reportsRoom>;
