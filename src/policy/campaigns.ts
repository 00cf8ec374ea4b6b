import type { Campaign } from '../core/policy.ts';

/** Whether it is under way. */
export const isRunning = ({ from, end }: Campaign, now: number): boolean => from <= now && now < end;

/** Whether it is about people of these groups; where nobody knows them it is about nobody. */
export const isAbout = ({ groups }: Campaign, theirs: readonly string[] | undefined): boolean =>
  theirs?.some((group) => groups.includes(group)) === true;

/** Whether whoever has these methods is where it leads. */
export const isThrough = ({ to }: Campaign, methods: readonly { factor: string }[]): boolean =>
  methods.some(({ factor }) => to.includes(factor));

/** A letter of a campaign's: its first, or a reminder so long before the end, milliseconds. */
export type CampaignLetter = 'begins' | number;

/**
 * The letter that is due: of those whose time has come the latest, so that nobody is written twice on one day to whom
 * nobody wrote before. Reminders from before the beginning never come.
 */
export function letterDue(campaign: Campaign, now: number): CampaignLetter | undefined {
  if (!isRunning(campaign, now)) return undefined;
  const { from, end, reminders } = campaign;
  const come = reminders.filter((before) => end - before > from && end - before <= now);
  return come.length === 0 ? 'begins' : Math.min(...come);
}
