import { highest, levelOf, type Proof, reaches } from '../core/assurance.ts';
import type { AuditPort } from '../core/door.ts';
import type { Requirement } from '../core/policy.ts';
import type { EvaluationInput } from '../core/sign-in.ts';
import { SKEW } from '../policy/index.ts';
import type { Away } from './presence.ts';
import { createTold } from './told.ts';

/** Whether it shows by itself, and to nobody in between, who somebody is: of a passkey, with user verification. */
export const opensAlone = (proof: Proof): boolean => proof.bootstrap !== true && reaches(levelOf([proof]), 'phr');

/** @throws what kept the directory from being asked, where what is known is too old, or may not do at all */
export function checkKnown({ cause, known: { at } }: Away, window: number | undefined, now: number): void {
  // What is from the future would stay young for ever.
  if (window === undefined || now - at > window || at > now + SKEW) throw cause;
}

/**
 * A passkey opens, and nothing else: no password can be checked, and a device may have been taken back. Nothing is
 * remembered or set up on a state that may be over.
 */
export function underAbsence({ connection: _, ...requirement }: Requirement): Requirement {
  const demands = ['level: phr', 'remember: never', 'a passkey alone'];
  const reason = { rule: 'the directory is away', effect: 'applied', demands } as const;
  return {
    ...requirement,
    level: highest(requirement.level, 'phr'),
    remember: 0,
    firstEnrolment: false,
    reasons: [...requirement.reasons, reason],
  };
}

/** Tells the audit who was let into what without their directory, before they are: once a minute for each. */
export function createTelling(deps: { now(): number; audit: Pick<AuditPort, 'commit'> }) {
  const once = createTold(deps);
  return ({ known }: Away, { application, browser }: Pick<EvaluationInput, 'application' | 'browser'>) => {
    const { id, directory } = known.account;
    const from = browser ? { ip: browser.ip, userAgent: browser.userAgent } : {};
    const as = new Date(known.at).toISOString();
    const event = { event: 'directory.bypassed', account: id, application, directory, known: as, ...from };
    return once([id, application], () => event);
  };
}
