import type { AccountsNeeds } from '../accounts/needs.ts';
import type { AssuranceNeeds } from '../assurance/needs.ts';
import type { HelpDeskNeeds } from '../help-desk/needs.ts';
import type { LockoutNeeds } from '../lockout/needs.ts';
import type { MethodsNeeds } from '../methods/needs.ts';
import type { ReportsNeeds } from '../reports/needs.ts';
import type { SignInNeeds } from '../sign-in/needs.ts';
import type { StatisticsNeeds } from '../statistics/needs.ts';

/** What all rooms are given together. */
export type RoomsNeeds = LockoutNeeds &
  AccountsNeeds &
  AssuranceNeeds &
  MethodsNeeds &
  SignInNeeds &
  ReportsNeeds &
  HelpDeskNeeds &
  StatisticsNeeds;
