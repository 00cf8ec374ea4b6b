import { DEFAULT_ACR, type Evidence } from '../core/assurance.ts';
import type { Requirement } from '../core/policy.ts';
import type { AssessInput } from './assess.ts';

export const NOW = Date.UTC(2026, 10, 20, 9);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const ACR = new Map(DEFAULT_ACR);

export const requirement = (change: Partial<Requirement> = {}): Requirement => ({
  deny: false,
  level: 'mfa',
  remember: 30 * DAY,
  perRequest: false,
  firstEnrolment: true,
  reasons: [],
  ...change,
});

const plain = { credential: 'c', phishingResistant: false, attested: false, at: NOW, request: 'now' };
export const secret: Evidence = { ...plain, factor: 'secret', amr: ['pwd'], kinds: ['knowledge'] };
export const code: Evidence = { ...plain, factor: 'code', amr: ['otp'], kinds: ['possession'] };
export const key: Evidence = { ...code, factor: 'key', amr: ['hwk'], phishingResistant: true };
export const passkey: Evidence = {
  ...key,
  factor: 'passkey',
  amr: ['hwk', 'user'],
  kinds: ['possession', 'knowledge'],
};
export const attested: Evidence = { ...passkey, attested: true };

/** Of an earlier request, so long ago. */
export const old = (proof: Evidence, age: number): Evidence => ({ ...proof, request: 'before', at: NOW - age });

export const input = (change: Partial<AssessInput> = {}): AssessInput => ({
  requirement: requirement(),
  evidence: [],
  wants: wants(),
  request: 'now',
  now: NOW,
  acr: ACR,
  reachable: 'phrh',
  ...change,
});

export function wants(change: Partial<AssessInput['wants']> = {}): AssessInput['wants'] {
  return { acrValues: [], acrEssential: false, reauthenticate: false, ...change };
}
