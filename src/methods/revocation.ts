import type { AuditFacts, Holds } from '../accounts/holds.ts';
import type { EvidenceStore } from '../assurance/evidence.ts';
import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import type { Account } from '../core/account.ts';
import type { Evidence } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { RenewedSight } from '../core/sign-in.ts';
import type { Attempts } from '../lockout/attempts.ts';
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
  devices: TrustedDevices;
  evidence: EvidenceStore;
  holds: Holds;
}

/** How old a proof may be that stands beyond a change of the password, milliseconds. */
const RECENT = 10 * 60_000;

/**
 * Proofs of whoever has just changed the password, moved up to that moment: whatever is older ends with the old
 * password. A pass that was lent keeps its end.
 */
export function renewedProofs(proofs: readonly Evidence[], at: number): Evidence[] {
  return proofs.filter((proof) => at - proof.at <= RECENT).map(({ renew: _, ...proof }) => ({ ...proof, at }));
}

/** Ends everything that rests on the old password, once there is another one; answers when. */
export function createRevocation(
  deps: Pick<MethodsNeeds, 'now' | 'durable' | 'audit' | 'endSessions'>,
  { attempts, devices, evidence, holds }: RevocationParts,
) {
  /** The hold last, when nothing is left for it to keep out. */
  return async ({ account, session, renew, browser, facts }: PasswordChange): Promise<number> => {
    const hold = await holds.of(account.id);
    const at = deps.now();
    // Tokens count in whole seconds: those that this very sign-in gets in a moment must not be from before.
    await deps.durable.accounts.revokeBefore(account.id, at - (at % 1000));
    await devices.revoke(account.id);
    await attempts.forgetBrowsers(account.id);
    await attempts.recognise(account.id, browser);
    // No copy of the cookie comes along: what stands beyond the change is seen by a value that was made for it.
    const renewed = await renew?.();
    await deps.endSessions(account.id, renewed?.session ?? session);
    if (renewed) await evidence.change(renewed, account.id, (proofs) => renewedProofs(proofs, at));
    await deps.audit.commit({ ...facts, event: 'password.changed', account: account.id });
    await holds.renewed(account.id, at, hold, facts);
    return at;
  };
}
