import { createHash, timingSafeEqual } from 'node:crypto';
import type { DoorPorts } from '../../core/door.ts';

/** How long a challenge waits for its answer, milliseconds. */
export const CHALLENGE = 300_000;

/** Where a sign-in stands between a challenge and its answer. */
export interface Round {
  /** The journey's id, and the step that is asked. */
  journey: string;
  nonce: string;
  /** Which challenge of this sign-in it is, from 1 on. */
  round: number;
  /** What the step is answered by: a code, another channel's answer, or a choice alone. */
  asks: 'code' | 'elsewhere' | 'again' | 'choice';
  /** A code will do where the answer comes by another channel. */
  code: boolean;
  /** Another can be asked for. */
  resend: boolean;
  /** What a single digit chooses, from 1 on: ids of factors. */
  methods: readonly string[];
  /** Hash of the password that began it: a client that sends it again can't show challenges. */
  password: string;
}

const hash = (...parts: readonly string[]): Buffer => createHash('sha256').update(JSON.stringify(parts)).digest();

/**
 * What a State stands for (RFC 2865 section 5.24): 32 hexadecimal digits, for clients that keep it as text. Each is good
 * for one answer, from the client and for the User-Name that it was given to, on any node.
 */
export function createRounds({ ephemeral, sealer, random }: Pick<DoorPorts, 'ephemeral' | 'sealer' | 'random'>) {
  const keyOf = (state: string, client: string, userName: string) =>
    `radius-state:${hash(state, client, userName).toString('base64url')}`;

  return {
    /** The State under which the round is kept. */
    async open(client: string, userName: string, round: Round): Promise<string> {
      const state = Buffer.from(random(16)).toString('hex');
      const key = keyOf(state, client, userName);
      await ephemeral.set(key, sealer.seal(JSON.stringify(round), key), CHALLENGE);
      return state;
    },

    /** Of any number of answers one gets it; nobody does with a State of another client's or name's. */
    async take(state: Buffer, client: string, userName: string): Promise<Round | undefined> {
      if (!/^[0-9a-f]{32}$/.test(state.toString('latin1'))) return undefined;
      const key = keyOf(state.toString('latin1'), client, userName);
      const kept = await ephemeral.take(key);
      return kept === undefined ? undefined : (JSON.parse(sealer.open(kept, key)) as Round);
    },

    /** Of a password, for `Round.password`: sealed with it, so that it needs no work of its own. */
    mark: (journey: string, password: string): string => hash(journey, password).toString('base64url'),

    isPassword({ journey, password }: Round, answer: string): boolean {
      return timingSafeEqual(hash(journey, answer), Buffer.from(password, 'base64url'));
    },
  };
}

/** So long what has begun is taken to be under way before its first challenge, milliseconds. */
const BEGINNING = 30_000;
const UNDER_WAY = 'under-way';

/**
 * What stands open of a person at a client and station. A client that has waited for too long begins anew, often at
 * another node: what was sent to the person is then what is asked for, and nothing is sent again.
 */
export function createOpen({ ephemeral, sealer }: Pick<DoorPorts, 'ephemeral' | 'sealer'>) {
  const keyOf = (place: string) => `radius-open:${hash(place).toString('base64url')}`;
  return {
    /** The journey that is to be joined; `wait` where one is about to ask. What begins is under way from now on. */
    async begin(place: string): Promise<{ joins?: string } | 'wait'> {
      const key = keyOf(place);
      if (await ephemeral.add(key, UNDER_WAY, BEGINNING)) return {};
      const kept = await ephemeral.get(key);
      if (kept === undefined) return {};
      if (kept === UNDER_WAY) return 'wait';
      // Of several that come at once the others wait.
      if (!(await ephemeral.swap(key, kept, UNDER_WAY, BEGINNING))) return 'wait';
      return { joins: sealer.open(kept, key) };
    },

    async asks(place: string, journey: string): Promise<void> {
      await ephemeral.set(keyOf(place), sealer.seal(journey, keyOf(place)), CHALLENGE);
    },

    async end(place: string): Promise<void> {
      await ephemeral.delete(keyOf(place));
    },
  };
}

export type Open = ReturnType<typeof createOpen>;
export type Rounds = ReturnType<typeof createRounds>;
