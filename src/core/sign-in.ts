import type { Account } from './account.ts';
import type { Evidence, Level, Proof, RequestId } from './assurance.ts';
import type { Browser } from './browser.ts';
import type { Requirement } from './policy.ts';
import type { PromptKind } from './prompt.ts';

/** What the application itself asks for, beyond policy. */
export interface Wants {
  /** Requested authentication context classes, in order of preference. */
  acrValues: readonly string[];
  /** None of them satisfied ends in a refusal, never in a lower level. */
  acrEssential: boolean;
  /** Greatest age of the authentication, milliseconds (`max_age`, ForceAuthn is 0). */
  maxAge?: number;
  /** The first factor must be given in this very request (`prompt=login`). */
  reauthenticate: boolean;
}

/**
 * A session, as one value of its cookie opens it: what was proven after that value was superseded it doesn't see, for
 * it may be a copy. Only the core makes one.
 */
export interface SessionSight {
  session: string;
  epoch: number;
}

/** The same with a cookie value that was made in this request: what the session is given now, no copy sees. */
export interface RenewedSight extends SessionSight {
  renewed: true;
}

/** One authorization request, as the core's door hands it to evaluation and journey. */
export interface SignInRequest {
  /** Id of this interaction: it stands in the address and in a cookie. */
  id: string;
  /** Id of the authorization request, the same through all its interactions. */
  request: string;
  application: string;
  /** What the application calls itself in this request. */
  requester?: string;
  wants: Wants;
  loginHint?: string;
  /** Where the application's own chooser says that they are from: a directory's name, or a house's own. */
  houseHints?: readonly string[];
  /** Requested languages, BCP 47. */
  uiLocales: readonly string[];
  /** Account and session that the browser had when the request began. */
  account?: string;
  /** What the cookie that came with this very request may see of that session. */
  sight?: SessionSight;
  /** The person is to say with which account they go on, before anything else (`prompt=select_account`). */
  selects?: true;
  /** Scheme of the address that the browser is sent to afterwards, for `form-action`. */
  redirectScheme?: string;
  /** Set where consent is asked for; otherwise a sign-in or step-up is. */
  consent?: ConsentRequest;
  /** The door that presents the journey itself, and the prompts that it can; absent: the pages do, and can all. */
  presenter?: {
    door: string;
    prompts: readonly PromptKind[];
    /** Id of the sign-in whose second step goes on here (`JourneyRequest.joins`). */
    joins?: string;
    /** Somebody else has seen the first factor of the account (`JourneyRequest.vouched`): since when, epoch milliseconds. */
    vouched?: number;
    /** The account is only named, and one method that is answered elsewhere is all that is asked (`JourneyRequest.named`). */
    alone?: true;
    /** What the application shows beside it (`JourneyRequest.named`). */
    message?: string;
    /** It was begun in an earlier call: where it stands is kept, or it is over. */
    begun?: true;
  };
}

export interface ConsentRequest {
  scopes: string[];
  claims: string[];
  resources: Record<string, string[]>;
}

/** Facts for one evaluation. */
export interface EvaluationInput {
  application: string;
  account?: string;
  /** The session, and how much of its evidence counts. */
  sight?: SessionSight;
  /** Proofs collected by a sign-in that hasn't been resumed yet; they count as the session's. */
  collected?: readonly Evidence[];
  /** Id of the authorization request: its own proofs are those that `remember: never` and `max_age=0` want. */
  request: RequestId;
  wants: Wants;
  browser?: Browser;
  /** Its owner wants to choose a new password in this sign-in, before anything else opens. */
  renews?: boolean;
  /** False: what only a lent pass has proven doesn't count, as for what a pass is not for. */
  bootstrap?: false;
  /** For the gateway's own pages: what `remember: never` comes to there, milliseconds. */
  recent?: number;
  /** The prompts that can be presented: what asks by another one is out of reach. Absent: all. */
  presents?: readonly PromptKind[];
  /** One method is all that will be asked, and nothing before it: what that could show is what is within reach. */
  alone?: true;
  /** The request that asks: who somebody is, and whether they may sign in, is asked once in it. */
  within?: object;
  /**
   * Whoever asks wants to know whether it is satisfied as it stands, and presents nothing: nothing stands in for what is
   * missing, and what is asked for no more isn't looked for.
   */
  asIs?: true;
}

/** What a token stands for, where it is asked whether it still may. */
export interface StillAllowedInput {
  application: string;
  account: string;
  /** `issue` gives new tokens and asks policy again; `use` only asks whether the token was revoked. */
  kind: 'issue' | 'use';
  acr?: string;
  /** What it rests on, as `evaluate` said when it was issued; without, nothing is held. */
  proofs?: readonly Proof[];
  issuedAt: number;
  /** The account's generation in which it began. */
  generation?: number | undefined;
  /** In the place of these two, where they are still being read. */
  resting?: Promise<Pick<StillAllowedInput, 'proofs' | 'generation'>>;
  /** As for an evaluation. */
  within?: object;
}

/** How a request stands: what is required, what is held, what is missing. */
export interface Evaluation {
  account?: Account;
  requirement: Requirement;
  /** What the level must reach: policy's, raised by what the application asks for. */
  wanted: Level;
  /** Level of the proofs that count for this request. */
  level?: Level;
  satisfied: boolean;
  /**
   * `first`: knowledge (or a passkey) is missing; `second`: possession is; `new-password`: all is there, but nothing
   * opens before the password has been changed.
   */
  missing?: 'denied' | 'first' | 'second' | 'new-password';
  /** An essential class was asked for that this person can't reach. */
  unreachable: boolean;
  /** An essential class was asked for that nobody could reach here: known before anybody is. */
  impossible: boolean;
  acr?: string;
  /** Classes that can't be claimed of this account, whatever was proven: its password may be too weak for them. */
  withheld?: readonly string[];
  amr: string[];
  /** Time of the first-factor proof, epoch milliseconds; absent also where another house doesn't say it. */
  authTime?: number;
  /** When that was shown here, or came here from another house: a session is no older than that. */
  begun?: number;
  /** What it rests on ends then, and whatever is issued for it must: epoch milliseconds. */
  expires?: number;
  /** A remembered device stood in for the second factor. */
  remembered: boolean;
  /** A live connection stood in for it, as a VPN's. */
  connected: boolean;
  /** Which that was. */
  connection?: { application: string; at: number };
  /** What the level rests on: once one of these is gone, so is whatever was issued for it. */
  proofs: readonly Proof[];
}
