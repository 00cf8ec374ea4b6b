import { createHash } from 'node:crypto';
import type { DoorPorts } from '../../core/door.ts';
import { hasCode } from '../../core/errors.ts';
import type { JourneyStep } from '../../core/journey.ts';
import type { Answer, PromptKind } from '../../core/prompt.ts';
import { attributesFor } from './attributes.ts';
import type { Reply } from './clients.ts';
import { revealPassword } from './codec/authenticity.ts';
import { CODE, MICROSOFT, TYPE } from './codec/numbers.ts';
import { type Attribute, integer, text, valueIn, valuesIn, vendorOf } from './codec/packet.ts';
import { credentialsIn } from './fields.ts';
import type { Notes } from './notes.ts';
import { type Asked, textOf } from './request.ts';
import { CHALLENGE, type Round, type Rounds } from './rounds.ts';
import type { RadiusClient } from './settings.ts';
import type { Texts } from './texts.ts';

type Prompting = Extract<JourneyStep, { kind: 'prompt' }>;
type Done = Extract<JourneyStep, { kind: 'done' }>;

/** Challenges of one sign-in: clients give up at 16 (ocserv). */
const MOST_ROUNDS = 15;
/** Errors after which no further answer is looked at. */
const SPENT: ReadonlySet<string> = new Set(['locked', 'stopped.here', 'stopped.method']);
/** Text that is a code, and not a word that says "done". */
const isCode = (typed: string): boolean => /\d{4}/.test(typed);

/** A sign-in between two packets. */
interface Under {
  asked: Asked;
  journey: string;
  /** How many challenges it has had. */
  round: number;
  /** `Round.password`. */
  password: string;
}

interface Parts {
  rounds: Rounds;
  texts: Texts;
  notes: Notes;
}

/** Access-Requests: the journey's prompts as challenges, and its end as Accept or Reject. No request waits for a person. */
export function createAccess(ports: Pick<DoorPorts, 'journey' | 'now'>, { rounds, texts, notes }: Parts) {
  const { journey } = ports;

  const reject = (client: RadiusClient, reply: string): Reply => ({
    code: CODE.accessReject,
    attributes: reply === '' ? [] : [text(TYPE.replyMessage, texts.reply(client, reply))],
  });
  const refuse = (reply: string): Reply => ({
    code: CODE.accessReject,
    attributes: [text(TYPE.replyMessage, reply)],
  });

  /** What this client's people can be shown: a number needs a challenge. */
  function presentsAt({ settings: { challenge } }: RadiusClient): PromptKind[] {
    return ['secret', 'code', ...(challenge ? (['number', 'wait'] as const) : [])];
  }

  function accept({ client, packet }: Asked, { account, expires }: Done): Reply {
    const { attributes, sessionTimeout } = client.settings;
    const left = [expires === undefined ? [] : [expires - ports.now()], sessionTimeout ?? []].flat();
    const timeout = left.length === 0 ? [] : [Math.max(1, Math.floor(Math.min(...left) / 1_000))];
    // Only where it was asked for (RFC 4372 section 2.2). It tells one client's records apart from another's.
    const identity = valueIn(packet, TYPE.chargeableUserIdentity) ? [identityOf(client, account.id)] : [];
    return {
      code: CODE.accessAccept,
      attributes: [
        ...attributesFor(attributes, account.groups),
        ...timeout.map((seconds) => integer(TYPE.sessionTimeout, seconds)),
        ...identity,
      ],
    };
  }

  /** A challenge of its own for the step, which is under way from now on. */
  async function challenge(under: Under, step: Prompting | Extract<JourneyStep, { kind: 'choose' }>): Promise<Reply> {
    const { asked, journey: id, password } = under;
    const { client } = asked;
    const round = under.round + 1;
    if (round > MOST_ROUNDS) return end(under, reject(client, 'too-many-rounds'));
    const others = step.kind === 'choose' ? step : await journey.instead(id, asked.from);
    const methods = others.kind === 'choose' ? others.methods.slice(0, 9) : [];
    const kept: Round = {
      ...{ journey: id, nonce: step.nonce, round, password, ...asking(step) },
      methods: methods.map(({ factor }) => factor),
    };
    const state = await rounds.open(client.id, asked.userName, kept);
    const shown =
      step.kind === 'prompt' ? texts.challenge(client, { step, round, methods }) : texts.choose(client, methods);
    return {
      code: CODE.accessChallenge,
      attributes: [
        text(TYPE.replyMessage, shown),
        text(TYPE.state, state),
        integer(TYPE.sessionTimeout, CHALLENGE / 1_000),
        // What is typed may be seen: it is good once (RFC 2869 section 5.10).
        integer(TYPE.prompt, 1),
      ],
    };
  }

  /** Nothing is left of it. */
  async function end({ journey: id }: Under, reply: Reply): Promise<Reply> {
    await journey.leave(id);
    return reply;
  }

  /** What a step of the journey is at this client. */
  async function settle(under: Under, step: JourneyStep): Promise<Reply> {
    const { asked, journey: id } = under;
    const { client, from } = asked;
    if (step.kind === 'done') return accept(asked, step);
    if (step.kind === 'refused') return refuse(texts.said(client, step.message));
    const { error } = step;
    const spent = error !== undefined && SPENT.has(error.key);
    if (spent || (step.kind === 'prompt' && !step.second)) {
      return end(under, error ? refuse(texts.said(client, error)) : reject(client, 'wrong-password'));
    }
    // None was sent yet: whoever sees the challenge waits for it.
    if (step.kind === 'prompt' && step.prompt.kind === 'code' && step.prompt.resend?.itself && !error) {
      return settle(under, await journey.answer(id, from, { resend: '1' }, step.nonce));
    }
    if (client.settings.challenge) return challenge(under, step);
    const { oneField } = client.settings;
    return end(under, reject(client, error ? 'wrong-code' : oneField ? 'needs-code' : 'cannot-challenge'));
  }

  async function begin(asked: Asked, typed: string): Promise<Reply> {
    const { client, from, username } = asked;
    const { password, code } = credentialsIn(client, typed);
    if (password === '') return reject(client, 'wrong-password');
    const presents = presentsAt(client);
    const { id, step } = await journey.begin({ application: client.id, presents, from });
    const under: Under = { asked, journey: id, round: 0, password: rounds.mark(id, password) };
    const opening = openingIn(step);
    if (opening === undefined) return step.kind === 'refused' ? settle(under, step) : end(under, reject(client, ''));
    const next = await journey.answer(id, from, { factor: opening, username, password }, step.nonce);
    const asks = next.kind === 'prompt' && next.second && code !== undefined && next.error === undefined;
    return settle(under, asks ? await journey.answer(id, from, { code }, next.nonce) : next);
  }

  async function goOn(asked: Asked, typed: string, round: Round): Promise<Reply> {
    const { client, from } = asked;
    const under: Under = { asked, journey: round.journey, round: round.round, password: round.password };
    if (rounds.isPassword(round, typed)) {
      notes.tell(client, 'repeats-password');
      return end(under, reject(client, client.settings.oneField ? 'needs-code' : 'cannot-challenge'));
    }
    const answer = answerIn(round, typed);
    const { journey: id, nonce } = round;
    return settle(under, answer ? await journey.answer(id, from, answer, nonce) : await journey.look(id, from));
  }

  return async function access(asked: Asked): Promise<Reply> {
    const { client, packet, userName } = asked;
    const other = otherThanPap(asked);
    if (other !== undefined) {
      notes.tell(client, other);
      return reject(client, 'protocol');
    }
    const hidden = valueIn(packet, TYPE.userPassword);
    const revealed = hidden && revealPassword(hidden, packet.authenticator, client.settings.secret);
    const typed = revealed && textOf(client, revealed);
    const state = valueIn(packet, TYPE.state);
    try {
      if (state === undefined)
        return typed === undefined ? reject(client, 'wrong-password') : await begin(asked, typed);
      const round = await rounds.take(state, client.id, userName);
      if (round === undefined) return reject(client, 'expired');
      return await goOn(asked, typed ?? '', round);
    } catch (error) {
      if (hasCode(error, 'ERR_SIGN_IN_EXPIRED')) return reject(client, 'expired');
      if (hasCode(error, 'ERR_TOO_MANY')) return reject(client, 'busy');
      throw error;
    }
  };
}

/** What would be needed to look at the password: EAP has none, and CHAP and its kin only a digest of it. */
function otherThanPap({ packet }: Asked): 'eap' | 'chap' | 'ms-chap' | undefined {
  if (valueIn(packet, TYPE.eapMessage)) return 'eap';
  if (valueIn(packet, TYPE.userPassword)) return undefined;
  if (valueIn(packet, TYPE.chapPassword)) return 'chap';
  return valuesIn(packet, TYPE.vendorSpecific).some((it) => vendorOf(it) === MICROSOFT) ? 'ms-chap' : undefined;
}

/** Which factor is asked for name and password first. */
function openingIn(step: JourneyStep): string | undefined {
  if (step.kind !== 'prompt') return undefined;
  return [step, ...step.also].find(({ prompt }) => prompt.kind === 'secret')?.factor;
}

/** How the answer to a step will be read. */
function asking(step: JourneyStep): Pick<Round, 'asks' | 'code' | 'resend'> {
  if (step.kind !== 'prompt') return { asks: 'choice', code: false, resend: false };
  const { prompt } = step;
  if (prompt.kind === 'number' || prompt.kind === 'wait') {
    const asks = prompt.waits === undefined ? 'again' : 'elsewhere';
    return { asks, code: prompt.code !== undefined, resend: prompt.resend !== undefined };
  }
  return { asks: 'code', code: true, resend: prompt.kind === 'code' && prompt.resend !== undefined };
}

/** What was typed as an answer to that round; undefined: it is looked whether another channel has one. */
function answerIn({ asks, code, resend, methods }: Round, typed: string): Answer | undefined {
  const said = typed.trim();
  const method = /^[1-9]$/.test(said) ? methods[Number(said) - 1] : undefined;
  if (method !== undefined) return { method };
  if (said === '0' && resend) return { resend: '1' };
  if (asks === 'code') return { code: said };
  if (code && isCode(said)) return { code: said };
  return asks === 'again' && resend ? { resend: '1' } : undefined;
}

function identityOf({ id }: RadiusClient, account: string): Attribute {
  const name = createHash('sha256')
    .update(JSON.stringify([id, account]))
    .digest('hex')
    .slice(0, 32);
  return text(TYPE.chargeableUserIdentity, name);
}
