import type { IDToken } from 'openid-client';
import { type Session as Kept, Sessions as KeptSessions } from '../shared/sessions.ts';

/** What was sent with an authorization request, kept for its answer. */
export interface Pending {
  nonce: string;
  verifier: string;
  maxAge?: number;
  /** Classes of which the answer must name one (essential `acr`). */
  essentialAcr?: readonly string[];
}

export interface SignedIn {
  claims: IDToken;
  idToken: string;
  accessToken: string;
  /** Epoch milliseconds. */
  accessTokenExpires?: number;
  refreshToken?: string;
  scope?: string;
}

/** `signingOut`: `state` of the sign-out. */
export type Session = Kept<SignedIn, string>;

export class Sessions extends KeptSessions<SignedIn, string> {}

/** Whether a logout token names these claims (Back-Channel Logout 1.0, section 2.7). */
export function isNamed({ claims }: SignedIn, { sid, sub }: { sid?: string; sub?: string }): boolean {
  return (sid === undefined || claims.sid === sid) && (sub === undefined || claims.sub === sub);
}
