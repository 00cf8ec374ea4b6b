import type { Account } from '../../../core/account.ts';
import type { Application } from '../../../core/application.ts';
import type { Joined, LogPort } from '../../../core/door.ts';
import type { Evaluation, Wants } from '../../../core/sign-in.ts';
import { type AuthnRequest, STATUSES, type Status } from '../../../saml/index.ts';
import type { Party } from '../party.ts';
import { wantsOf } from '../response/authn-context.ts';
import type { Classes } from '../response/classes.ts';

/** A request, its service provider, and where its answer goes. */
export interface Asking {
  party: Party;
  application: Application;
  /** Address of the assertion consumer service. */
  acs: string;
  /** Absent where the sign-in began here. */
  request?: AuthnRequest;
  relayState?: string;
  /** When it came, epoch milliseconds. */
  since: number;
}

/** The same, with what it wants of the sign-in. */
export interface Asked extends Asking {
  wants: Wants;
  loginHint?: string;
  houseHints?: readonly string[];
  /** Nobody could satisfy it. */
  impossible?: Status;
}

/** Who signed in, and by what. */
export interface SignedIn {
  account: Account;
  evaluation: Evaluation;
  joined: Joined;
}

const NOTHING_MORE: Wants = { acrValues: [], acrEssential: false, reauthenticate: false };

/** What a request wants of the sign-in, in the core's words. */
export function withWants(asking: Asking, classes: Classes, log: Pick<LogPort, 'info'>): Asked {
  const wants = asking.request ? wantsOf(asking.request, classes) : NOTHING_MORE;
  if (wants === undefined) {
    const { classes: asked, comparison } = asking.request?.requestedAuthnContext ?? {};
    const about = { application: asking.application.id, classes: asked?.slice(0, 10), comparison };
    log.info(about, 'nothing here stands for the classes that were asked for: doors.saml.classes could');
    return { ...asking, wants: NOTHING_MORE, impossible: STATUSES.noAuthnContext };
  }
  const meant = asking.request?.subject;
  const houseHints = asking.request?.idpList ?? [];
  return {
    ...{ ...asking, wants },
    ...(meant?.value.includes('@') ? { loginHint: meant.value } : {}),
    ...(houseHints.length > 0 ? { houseHints } : {}),
  };
}
