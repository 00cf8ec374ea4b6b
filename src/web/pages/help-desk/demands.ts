import type { Message } from '../../../core/prompt.ts';
import { spanOf } from '../../context.ts';
import type { DeskDemand } from '../../help-desk-models.ts';

const text = (key: string): Message => ({ key: `help-desk.refusal.${key}` });

/** Of the same words always; what the gateway itself adds to rules among them. */
const PLAIN: Readonly<Record<string, Message>> = {
  'deny: true': { key: 'level.denied' },
  'level: sfa': { key: 'level.sfa' },
  'level: mfa': { key: 'level.mfa' },
  'level: phr': { key: 'level.phr' },
  'level: phrh': { key: 'level.phrh' },
  'remember: never': text('each-time'),
  'connection: never': text('connection-never'),
  'firstEnrolment: false': text('set-up-before'),
  'dangerouslyWithoutDirectory: never': text('without-directory-never'),
  'a new password': text('new-password'),
  'a passkey alone': text('passkey'),
};

/** By how long. */
const TIMED: Readonly<Record<string, Message>> = {
  freshness: text('freshness'),
  remember: text('remembered'),
  connection: text('connection'),
  dangerouslyWithoutDirectory: text('without-directory'),
};

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** The gateway's own rules: nobody configured them, or what they are called. */
const OWN: Readonly<Record<string, Message>> = {
  'the password must be changed': text('rule-changed'),
  'a new password is chosen': text('rule-chosen'),
  'the directory is away': text('rule-away'),
};

export const ownRule = (name: string): Message | undefined => (Object.hasOwn(OWN, name) ? OWN[name] : undefined);

/**
 * What a rule asked for, from the words in which the audit has it (`policy/words.ts`), to be said in the reader's. Those
 * of a version to come, or of a factor with an odd name, are shown as they are.
 */
export function demandFrom(words: string): DeskDemand {
  const plain = Object.hasOwn(PLAIN, words) ? PLAIN[words] : undefined;
  if (plain !== undefined) return { message: plain };
  const [, name = '', said = ''] = /^(\w+): (.+)$/s.exec(words) ?? [];
  if (name === 'factors') return factorsFrom(said) ?? { text: words };
  const message = Object.hasOwn(TIMED, name) ? TIMED[name] : undefined;
  const [, amount, unit = ''] = /^(\d{1,12})(ms|[dhms])$/.exec(said) ?? [];
  if (message === undefined || amount === undefined) return { text: words };
  return { message, span: spanOf(Number(amount) * (UNITS[unit] ?? 1)) };
}

/** `[old] until 2027-08-31T16:00:00.000Z or [new, newer] from 2027-07-01T16:00:00.000Z`. */
function factorsFrom(said: string): DeskDemand | undefined {
  const periods = said.split(' or [').map((part, at) => periodFrom(at === 0 ? part : `[${part}`));
  return periods.every((period) => period !== undefined) ? { periods } : undefined;
}

function periodFrom(part: string) {
  const [, names, from, until] = /^\[([^\]]*)\](?: from (\S+))?(?: until (\S+))?$/.exec(part) ?? [];
  if (names === undefined) return undefined;
  const [begin, end] = [from, until].map((time) => (time === undefined ? undefined : Date.parse(time)));
  if (Number.isNaN(begin) || Number.isNaN(end)) return undefined;
  return {
    factors: names === '' ? [] : names.split(', '),
    ...(begin === undefined ? {} : { from: begin }),
    ...(end === undefined ? {} : { until: end }),
  };
}
