import type { Account } from '../core/account.ts';
import type { Campaign } from '../core/policy.ts';
import { isAbout, isThrough } from '../policy/index.ts';
import type { StatisticsNeeds } from './needs.ts';
import { type Counted, type InScope, peopleIn } from './people.ts';

/** How far a campaign has come with the people of one of its groups. */
export interface Campaigned {
  campaign: Campaign;
  group: string;
  people: number;
  through: number;
}

/** Somebody whom a campaign is about, and whether they are where it leads. */
export interface Participant extends Counted {
  campaign: Campaign;
  through: boolean;
}

/** How campaigns fare, by their groups, whether they are to come, under way or over. */
export function createCampaignReport({ campaigns, ...deps }: Pick<StatisticsNeeds, 'durable' | 'campaigns'>) {
  async function* people(inScope: InScope, among = campaigns): AsyncGenerator<Participant> {
    if (among.length === 0) return;
    for await (const page of peopleIn(deps, inScope)) {
      for (const person of page) {
        for (const campaign of among.filter((one) => isAbout(one, person.account.groups))) {
          yield { ...person, campaign, through: isThrough(campaign, person.methods) };
        }
      }
    }
  }

  return {
    any: campaigns.length > 0,
    people,

    /** Those that a person belongs to. */
    of: ({ groups }: Pick<Account, 'groups'>): Campaign[] => campaigns.filter((one) => isAbout(one, groups)),

    /** A row for each of a campaign's groups, in its order: somebody who is in two of them counts in both. */
    async counts(inScope: InScope, only: readonly string[] = []): Promise<Campaigned[]> {
      const rows = campaigns.flatMap((campaign) =>
        campaign.groups
          .filter((group) => only.length === 0 || only.includes(group))
          .map((group) => ({ campaign, group, people: 0, through: 0 })),
      );
      for await (const { account, campaign, through } of people(inScope)) {
        for (const row of rows) {
          if (row.campaign !== campaign || account.groups?.includes(row.group) !== true) continue;
          row.people += 1;
          row.through += Number(through);
        }
      }
      return rows;
    },
  };
}
