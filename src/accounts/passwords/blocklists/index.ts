import type { Blocklist } from '../profile.ts';
import { isLittleMoreThan } from '../words.ts';
import { isHabit } from './chinese.ts';
import { isCommon } from './common.ts';
import { isPersonal, isUsername, type Owner } from './personal.ts';

export type { Owner } from './personal.ts';

/** Whether a password is among those that leaked somewhere; `unavailable`: nobody can say now, and it isn't taken. */
export type Breached = (password: string) => Promise<'known' | 'unknown' | 'unavailable'>;

/** What lists need besides: what the institution is called, and who knows what leaked. */
export interface Lists {
  names: readonly string[];
  breached?: Breached;
}

type Check = (password: string, owner: Owner, lists: Lists) => string | undefined | Promise<string | undefined>;

/** A row per list, in the order in which they are asked: what leaves this process comes last. */
const CHECKS: readonly (readonly [Blocklist, Check])[] = [
  ['personal', (password, owner) => (isUsername(password, owner) ? 'username' : undefined)],
  ['personal', (password, owner) => (isPersonal(password, owner) ? 'personal' : undefined)],
  ['institution', (password, _, { names }) => (isLittleMoreThan(password, names) ? 'service' : undefined)],
  ['common', async (password) => ((await isCommon(password)) ? 'common' : undefined)],
  ['chinese', (password) => (isHabit(password) ? 'chinese' : undefined)],
  ['breached', async (password, _, { breached }) => ANSWERS[(await breached?.(password)) ?? 'unknown']],
];

const ANSWERS = { known: 'breached', unknown: undefined, unavailable: 'unavailable' } as const;

/** The first of these lists that it is on, as the last part of a message's key. */
export async function listedOn(
  password: string,
  owner: Owner,
  wanted: readonly Blocklist[],
  lists: Lists,
): Promise<string | undefined> {
  for (const [list, check] of CHECKS) {
    const found = wanted.includes(list) ? await check(password, owner, lists) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
