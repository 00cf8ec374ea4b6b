import { createAccounts } from '../accounts/accounts.ts';
import { createCredentials } from '../accounts/credentials.ts';
import { createHolds } from '../accounts/holds.ts';
import { createLogins } from '../accounts/logins.ts';
import { createPreferences } from '../accounts/preferences.ts';
import { createEvaluator } from '../assurance/evaluate.ts';
import { createEvidence } from '../assurance/evidence.ts';
import { createTrustedDevices } from '../assurance/trusted-devices.ts';
import { createHelpDesk } from '../help-desk/index.ts';
import { createAttempts } from '../lockout/attempts.ts';
import { createEnrolment } from '../methods/enrolment.ts';
import { createIssuing } from '../methods/issuing.ts';
import { createMethods } from '../methods/methods.ts';
import { createPasswords } from '../methods/passwords.ts';
import { createPortal } from '../methods/portal.ts';
import { createSuggestions } from '../methods/suggestions.ts';
import { createReports } from '../reports/reports.ts';
import { createStatistics } from '../statistics/index.ts';
import { createDispatcher } from './advance.ts';
import type { SignInDeps } from './deps.ts';
import { createJourney } from './journey.ts';
import { createStates } from './states.ts';
import { createWaiting } from './waiting.ts';

/** Puts the journey together. */
export function createSignIn(deps: SignInDeps) {
  const logins = createLogins(deps);
  const accounts = createAccounts({ ...deps, logins });
  const attempts = createAttempts(deps);
  const credentials = createCredentials(deps);
  const devices = createTrustedDevices(deps);
  const evidence = createEvidence(deps.ephemeral);
  const holds = createHolds(deps, async (account) => {
    for (const { factor } of deps.factors.values()) await factor.release?.(account);
  });
  const passwords = createPasswords(deps, { accounts, attempts, devices, evidence, holds });
  const evaluator = createEvaluator(deps, { accounts, credentials, evidence, devices, holds, attempts });
  const methods = createMethods(deps, { credentials, devices, voidBefore: evaluator.voidBefore });
  const reports = createReports(deps, { holds, devices, credentials, methods });
  const preferences = createPreferences(deps);
  const suggestions = createSuggestions(deps);
  const dispatcher = createDispatcher(deps, { evaluator, devices, passwords, preferences, suggestions });
  const states = createStates(deps);
  const journey = createJourney(deps, {
    accounts,
    attempts,
    logins,
    credentials,
    methods,
    devices,
    evidence,
    states,
    dispatcher,
    passwords,
  });
  const enrolment = createEnrolment(deps, { attempts, credentials, methods });
  const waiting = createWaiting(deps, { states, enrolment });
  const issuing = createIssuing(deps, { credentials, methods });
  const portal = createPortal(deps, { credentials, evaluator, issuing });
  const helpDesk = createHelpDesk(deps, {
    ...{ accounts, attempts, credentials, devices, holds, issuing, logins, methods, reports },
  });
  const statistics = createStatistics(deps, { reports });
  return {
    statistics,
    reports,
    holds,
    passwords,
    helpDesk,
    enrolment,
    waiting,
    issuing,
    portal,
    preferences,
    accounts,
    attempts,
    credentials,
    methods,
    devices,
    evidence,
    evaluator,
    journey,
  };
}

export type SignIn = ReturnType<typeof createSignIn>;
