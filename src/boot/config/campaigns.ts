import type { Campaign, Rule } from '../../core/policy.ts';
import { isRunning } from '../../policy/index.ts';
import { dateWords, momentIn } from './calendars.ts';
import type { Fault } from './faults.ts';
import type { Parsed } from './schema.ts';
import type { Subject } from './subject.ts';
import { suggestion } from './suggest.ts';
import { isTree, type Path } from './tree.ts';
import type { Config } from './types.ts';

type Written = Parsed['policy']['campaigns'][number];

/** Campaigns with their dates as moments. */
export function campaignsOf(campaigns: readonly Written[], timeZone: string | undefined): Campaign[] {
  return campaigns.map(({ from, end, ...rest }) => ({
    ...{ ...rest, from: momentIn(from, timeZone), end: momentIn(end, timeZone) },
  }));
}

/** What a campaign names must be there, and lead somewhere: it would lead nobody, silently. */
export function campaignFaults({ tree, parsed: { policy, timeZone }, modules }: Subject): Fault[] {
  const campaigns = policy?.campaigns ?? [];
  const enabled = isTree(tree.factors) ? Object.keys(tree.factors) : [];
  return campaigns.flatMap((campaign, index) => {
    const path = ['policy', 'campaigns', index];
    const first = campaigns.findIndex(({ name }) => name === campaign.name);
    const again = `is the name of policy.campaigns[${first}] as well: choose another`;
    return [
      ...(first === index ? [] : [{ path: [...path, 'name'], message: again }]),
      ...unknown(campaign.leaves, [...path, 'leaves'], enabled),
      ...unknown(campaign.to, [...path, 'to'], enabled),
      ...aimless(campaign, path, modules),
      ...backwards(campaign, path, timeZone),
    ];
  });
}

function unknown(named: readonly string[], path: Path, enabled: readonly string[]): Fault[] {
  return named.flatMap((name, place) => {
    if (enabled.includes(name)) return [];
    const hint = suggestion(name, enabled) || `; known: ${enabled.join(', ') || 'none'}`;
    return [{ path: [...path, place], message: `${name} isn't in factors${hint}` }];
  });
}

/** What they are led to is another thing than what they leave, and something that they can set up and have. */
function aimless({ leaves, to }: Written, path: Path, { factors }: Subject['modules']): Fault[] {
  return to.flatMap((name, place) => {
    const { standing, implied, kinds = ['possession'] } = factors.get(name) ?? {};
    const here = [...path, 'to', place];
    if (leaves.includes(name)) return [{ path: here, message: `${name} is in leaves as well` }];
    if (standing === undefined && !implied && kinds.some((kind) => kind !== 'knowledge')) return [];
    return [{ path: here, message: `${name} is nothing that people set up as a second step of their own` }];
  });
}

function backwards({ from, end }: Written, path: Path, timeZone: string | undefined): Fault[] {
  if (momentIn(from, timeZone) < momentIn(end, timeZone)) return [];
  return [{ path: [...path, 'end'], message: `must be after from, ${from}: end is no part of the campaign` }];
}

/** Campaigns of which nobody hears by mail, and such as name people a later date than a rule does. */
export function campaignWarnings(
  { campaigns, rules, timeZone }: Pick<Config, 'campaigns' | 'rules' | 'timeZone'>,
  now: number,
  mailed: boolean,
): string[] {
  const ahead = campaigns.filter((one) => isRunning(one, now) || one.from > now);
  const unheard = !mailed && ahead.length > 0;
  const late = ahead.flatMap((campaign) => rules.flatMap((rule) => lateWords(campaign, rule, now, timeZone)));
  return [...(unheard ? ['policy.campaigns: no sender carries mail, so that nobody is written to'] : []), ...late];
}

function lateWords(campaign: Campaign, rule: Rule, now: number, timeZone: string | undefined): string[] {
  const { groups, notGroups = [], calendar = [] } = rule;
  const theirs = campaign.groups.filter((group) => (groups?.includes(group) ?? true) && !notGroups.includes(group));
  const last = (factor: string) =>
    Math.max(
      ...calendar.filter(({ use }) => use.includes(factor)).map(({ until = Number.POSITIVE_INFINITY }) => until),
    );
  return campaign.leaves.flatMap((factor) => {
    const until = last(factor);
    if (theirs.length === 0 || until <= now || until >= campaign.end) return [];
    const [end, sooner] = [campaign.end, until].map((at) => dateWords(at, timeZone));
    const whose = `campaign ${JSON.stringify(campaign.name)}`;
    return [`${whose} names ${end}, but rule ${JSON.stringify(rule.name)} lets ${factor} in until ${sooner} alone`];
  });
}
