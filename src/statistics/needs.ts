import type { Application } from '../core/application.ts';
import type { Directory } from '../core/directory.ts';
import type { EnabledFactors } from '../core/enabled-factor.ts';
import type { Campaign, Rule } from '../core/policy.ts';
import type { DurableStore } from '../core/store.ts';

export interface StatisticsNeeds {
  now(): number;
  durable: DurableStore;
  factors: EnabledFactors;
  directories: ReadonlyMap<string, Directory>;
  applications: ReadonlyMap<string, Application>;
  rules: readonly Rule[];
  campaigns: readonly Campaign[];
  /** By which it is known in whose scope somebody is: groups of agents, and those over which they act or don't. */
  scopeGroups: readonly string[];
  /** How groups begin that name departments; absent: departments are what directories say of people. */
  departmentPrefix?: string | undefined;
}
