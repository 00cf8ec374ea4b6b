import type { AuditFacts, Hold, Holds } from '../accounts/holds.ts';
import type { EvidenceStore } from '../assurance/evidence.ts';
import type { Account } from '../core/account.ts';
import type { Evidence } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { RenewedSight } from '../core/sign-in.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { EndEverything, Ended } from './ending.ts';
import type { Methods } from './methods.ts';
import type { MethodsNeeds } from './needs.ts';

/** Whose password is another one, and what of theirs goes on. */
export interface PasswordChange {
  account: Account;
  /** The browser's own session, which stays. What was proven in it doesn't, unless `renew` is given. */
  session?: string;
  /** Renews that session, once the password is another one. */
  renew?: () => Promise<RenewedSight | undefined>;
  browser: Browser;
  facts: AuditFacts;
}

export interface RevocationParts {
  attempts: Attempts;
  endEverything: EndEverything;
  evidence: EvidenceStore;
  holds: Holds;
  methods: Pick<Methods, 'tellLeft'>;
}

/** How old a proof may be that stands beyond a change of the password, milliseconds. */
const RECENT = 10 * 60_000;

/**
 * Proofs of whoever has just changed the password, moved up to that moment and into the generation that began with it:
 * whatever is older ends with the old password. What something else has ended meanwhile isn't of the generation
 * before. A pass that was lent keeps its end.
 */
export function renewedProofs(proofs: readonly Evidence[], { at, generation }: Ended): Evidence[] {
  const stood = (proof: Evidence) => proof.generation === undefined || proof.generation === generation - 1;
  return proofs
    .filter((proof) => at - proof.at <= RECENT && stood(proof))
    .map(({ renew: _, ...proof }) => ({ ...proof, at, generation }));
}

/** Ends everything that rests on the old password, once there is another one; answers when. */
export function createRevocation(
  deps: Pick<MethodsNeeds, 'audit'>,
  { attempts, endEverything, evidence, holds, methods }: RevocationParts,
) {
  /** `hold`: the one that stood when the right to this was asked for. It goes last, when nothing is left for it to keep out. */
  return async (
    { account, session, renew, browser, facts }: PasswordChange,
    hold: Hold | undefined,
  ): Promise<Ended> => {
    const ended = await endEverything(account.id, async (now) => {
      await attempts.forgetBrowsers(account.id);
      await attempts.recognise(account.id, browser);
      // No copy of the cookie comes along: what stands beyond the change is seen by a value that was made for it.
      const renewed = await renew?.();
      if (renewed) await evidence.change(renewed, account.id, (proofs) => renewedProofs(proofs, now));
      return renewed?.session ?? session;
    });
    await deps.audit.commit({ ...facts, event: 'password.changed', account: account.id });
    // Who changes it after a report that was cut off comes in the place of whoever would report again.
    await methods.tellLeft(account.id);
    await holds.renewed(account.id, ended.at, hold, facts);
    return ended;
  };
}
