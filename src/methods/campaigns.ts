import type { Account, Credential } from '../core/account.ts';
import type { Proof } from '../core/assurance.ts';
import type { Campaign } from '../core/policy.ts';
import { isAbout, isRunning, isThrough } from '../policy/index.ts';
import type { MethodsNeeds } from './needs.ts';

/** A campaign for one person: with what of it they can set up here, in its order. */
export interface Led extends Campaign {
  offers: readonly string[];
}

/** People who are led from an old method to a new one, and what became of it at their sign-ins. */
export function createCampaigns(deps: Pick<MethodsNeeds, 'durable' | 'factors' | 'now' | 'campaigns'>) {
  const state = deps.durable.state('campaigns');
  const keyOf = (account: string, name: string) => `${account}:${name}`;

  /** Those under way that are about this person, who isn't through. */
  function of(account: Pick<Account, 'groups'>, methods: readonly { factor: string }[]): Led[] {
    const now = deps.now();
    return deps.campaigns.flatMap((one) => {
      if (!isRunning(one, now) || !isAbout(one, account.groups) || isThrough(one, methods)) return [];
      return [{ ...one, offers: one.to.filter((factor) => deps.factors.get(factor)?.factor.enrols !== undefined) }];
    });
  }

  return {
    of,

    /** Whether one leads this person to this factor, just now. */
    leadsTo: (factor: string, account: Account, credentials: readonly Credential[]): boolean =>
      of(account, credentials).some(({ offers }) => offers.includes(factor)),

    /** The one to lead by after these proofs, if any: one that was put off rests. */
    async due(
      account: Account,
      credentials: readonly Credential[],
      proofs: readonly Proof[],
    ): Promise<Led | undefined> {
      const old = (campaign: Campaign) =>
        proofs.some(({ factor, ageless }) => !ageless && campaign.leaves.includes(factor));
      for (const campaign of of(account, credentials)) {
        if (campaign.offers.length === 0 || !old(campaign)) continue;
        const stored = await state.get(keyOf(account.id, campaign.name));
        if (stored === undefined || Number(stored.value) <= deps.now()) return campaign;
      }
      return undefined;
    },

    /** They are asked: it rests from now on, whatever is answered. False where another sign-in was first to ask. */
    async led(account: string, { campaign, snooze }: { campaign: string; snooze: number }): Promise<boolean> {
      const key = keyOf(account, campaign);
      const stored = await state.get(key);
      if (stored !== undefined && Number(stored.value) > deps.now()) return false;
      return state.set(key, String(deps.now() + snooze), stored?.version ?? 0);
    },
  };
}

export type Campaigns = ReturnType<typeof createCampaigns>;
