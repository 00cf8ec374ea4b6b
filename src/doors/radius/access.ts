import type { DoorPorts } from '../../core/door.ts';
import { hasCode } from '../../core/errors.ts';
import type { JourneyRequest, JourneyStep } from '../../core/journey.ts';
import type { Reply } from './clients.ts';
import { revealPassword } from './codec/authenticity.ts';
import { TYPE } from './codec/numbers.ts';
import { valueIn } from './codec/packet.ts';
import { credentialsIn, type Typed } from './fields.ts';
import type { Notes } from './notes.ts';
import type { Replies } from './replies.ts';
import { type Asked, textOf } from './request.ts';
import type { Open, Round, Rounds } from './rounds.ts';
import type { Sessions } from './sessions.ts';
import type { SignedIn } from './signed.ts';
import { answerIn, asking, isOver, openingIn, otherThanPap, presentsAt } from './steps.ts';
import type { Texts } from './texts.ts';

type Prompting = Extract<JourneyStep, { kind: 'prompt' }>;

/** Challenges of one sign-in: clients give up at 16 (ocserv). */
const MOST_ROUNDS = 15;
/** Errors after which no further answer is looked at. */
const SPENT: ReadonlySet<string> = new Set(['locked', 'stopped.here', 'stopped.method']);

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
  open: Open;
  sessions: Sessions;
  signed: SignedIn;
  texts: Texts;
  replies: Replies;
  notes: Notes;
}

/** Access-Requests: the journey's prompts as challenges, and its end as Accept or Reject. No request waits for a person. */
export function createAccess(
  { journey }: Pick<DoorPorts, 'journey'>,
  { rounds, open, sessions, signed, texts, replies, notes }: Parts,
) {
  const { reject, refuse, accept, challenge } = replies;

  /** A challenge of its own for the step, which is under way from now on. */
  async function ask(under: Under, step: Prompting | Extract<JourneyStep, { kind: 'choose' }>): Promise<Reply> {
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
    if (asked.place !== undefined) await open.asks(asked.place, id);
    const shown =
      step.kind === 'prompt' ? texts.challenge(client, { step, round, methods }) : texts.choose(client, methods);
    return challenge(shown, state);
  }

  /** Nothing is left of it. */
  async function end({ journey: id, asked: { place } }: Under, reply: Reply): Promise<Reply> {
    await journey.leave(id);
    if (place !== undefined) await open.end(place);
    return reply;
  }

  /** What a step of the journey is at this client. */
  async function settle(under: Under, step: JourneyStep): Promise<Reply> {
    const { asked, journey: id } = under;
    const { client, from } = asked;
    if (step.kind === 'done') {
      await sessions.accepted(client, asked.userName, step.account);
      const { userName, station } = asked;
      if (client.settings.pool)
        await signed.enter({ client: client.id, userName, station }, step.account.id, step.proofs);
      return end(under, accept(asked, step));
    }
    if (step.kind === 'refused') return end(under, refuse(texts.said(client, step.message)));
    const { error } = step;
    const spent = error !== undefined && SPENT.has(error.key);
    if (spent || (step.kind === 'prompt' && !step.second)) {
      return end(
        under,
        error ? refuse(texts.said(client, error)) : reject(client, under.round > 0 ? 'ended' : 'wrong-password'),
      );
    }
    if (step.kind === 'prompt' && step.prompt.kind === 'wait' && isOver(step)) {
      return end(under, refuse(texts.said(client, { ...step.prompt.text, factor: step.factor })));
    }
    // None was sent yet: whoever sees the challenge waits for it.
    if (step.kind === 'prompt' && step.prompt.kind === 'code' && step.prompt.resend?.itself && !error) {
      return settle(under, await journey.answer(id, from, { resend: '1' }, step.nonce));
    }
    if (client.settings.challenge) return ask(under, step);
    const { oneField } = client.settings;
    return end(under, reject(client, error ? 'wrong-code' : oneField ? 'needs-code' : 'cannot-challenge'));
  }

  /** Nothing is answered where an earlier packet of the same place is about to be. */
  async function begin(asked: Asked, typed: string): Promise<Reply | undefined> {
    const { client, place } = asked;
    const { password, code } = credentialsIn(client, typed);
    if (password === '') return reject(client, 'wrong-password');
    const joined = place === undefined ? {} : await open.begin(place);
    if (joined === 'wait') return undefined;
    try {
      return await show(asked, { password, code }, joined);
    } catch (error) {
      if (place !== undefined) await open.end(place).catch(() => {});
      throw error;
    }
  }

  /** Shows the journey the password, and the code that came with it. */
  async function show(asked: Asked, { password, code }: Typed, joined: Pick<JourneyRequest, 'joins'>): Promise<Reply> {
    const { client, from, username } = asked;
    const { id, step } = await journey.begin({ application: client.id, presents: presentsAt(client), from, ...joined });
    const under: Under = { asked, journey: id, round: 0, password: rounds.mark(id, password) };
    const opening = openingIn(step);
    if (opening === undefined) return step.kind === 'refused' ? settle(under, step) : end(under, reject(client, ''));
    const next = await journey.answer(id, from, { factor: opening, username, password }, step.nonce);
    // It goes on here.
    if (joined.joins !== undefined && next.kind === 'prompt' && next.second) await journey.leave(joined.joins);
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

  return async function access(asked: Asked): Promise<Reply | undefined> {
    const { client, packet, secret, userName } = asked;
    const other = otherThanPap(asked);
    if (other !== undefined) {
      notes.tell(client, other);
      return reject(client, 'protocol');
    }
    const hidden = valueIn(packet, TYPE.userPassword);
    const revealed = hidden && revealPassword(hidden, packet.authenticator, secret);
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
