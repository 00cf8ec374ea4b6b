/**
 * Why sign-ins come to nothing, in kinds that people have words for: factors and directories say it in words of their
 * own, of which there may be any number, and the audit has those.
 */
export const REASONS = [
  'wrong-password',
  'nobody',
  'code',
  'again',
  'late',
  'clock',
  'key',
  'declined',
  'house',
  'method-stopped',
  'away',
  'locked',
  'policy',
  'too-weak',
  'no-method',
  'elsewhere',
  'new-password',
  'other',
] as const;
export type Reason = (typeof REASONS)[number];

const KINDS: Readonly<Record<Exclude<Reason, 'locked' | 'other'>, readonly string[]>> = {
  'wrong-password': ['wrong-password'],
  nobody: ['no-account'],
  code: ['wrong', 'malformed', 'empty', 'unknown', 'pin'],
  again: ['used'],
  late: ['expired', 'changed', 'credential changed', 'closed'],
  clock: ['drift', 'out-of-step'],
  key: ['signature', 'challenge', 'counter', 'user-verification', 'user-handle', 'model', 'copied', 'origin'],
  declined: ['reported', 'cancelled', 'wrong-number', 'denied-there'],
  house: ['another-person', 'mixed-up', 'token', 'unbelievable', 'elsewhere', 'refused'],
  'method-stopped': ['suspended', 'stopped', 'stopped.methods', 'not-usable', 'voided'],
  away: ['away', 'directory-unavailable', 'unavailable', 'error', 'unsent', 'sender', 'busy', 'full', 'country'],
  policy: ['denied'],
  'too-weak': ['unmet'],
  'no-method': ['no-method', 'enrolment-not-here', 'enrolment-needs-pass', 'held.no-method'],
  elsewhere: ['elsewhere.method', 'elsewhere.enrol'],
  'new-password': ['elsewhere.new-password', 'elsewhere.changed', 'elsewhere.due', 'held.not-here', 'due.not-here'],
};

const KIND_OF = new Map<string, Reason>(
  Object.entries(KINDS).flatMap(([kind, words]) => words.map((word): [string, Reason] => [word, kind as Reason])),
);

/** The kind of an event's `reason`, which may be followed by more (`model: …`); `other` for a word that isn't known. */
export function reasonOf(event: string, reason: unknown): Reason {
  if (event === 'sign-in.locked') return 'locked';
  return typeof reason === 'string' ? (KIND_OF.get(reason.split(':', 1)[0] ?? '') ?? 'other') : 'other';
}
