import { createHash } from 'node:crypto';
import type { ExchangePort } from '../core/factor-ports.ts';
import type { Prompt } from '../core/prompt.ts';
import type { EphemeralStore } from '../core/store.ts';

/** How long it is remembered that something has changed, milliseconds: pages that look see it all the same. */
const REMEMBERED = 15 * 60_000;

const hash = (key: string): string => createHash('sha256').update(key).digest('base64url');
const mark = (topic: string): string => `changed:${topic}`;

/** What is published when the value under a factor's key has changed. */
export function topicOf(factor: string, key: string): string {
  return `exchange:${factor}:${hash(key)}`;
}

/** What a page waits for whose answer comes from elsewhere. */
export interface Awaited {
  /** Published when the answer has come, by whatever channel. */
  topic: string;
  /** Whose page it is: so many of one may be open at once. */
  owner: string;
  /** Until when it may come, epoch milliseconds. */
  expires: number;
}

/** What a prompt of a factor waits for; nothing where it is to be answered on the page. */
export function awaitedBy(factor: string, prompt: Prompt, owner: string): Awaited | undefined {
  if (prompt.kind !== 'number' && prompt.kind !== 'wait') return undefined;
  const { waits, expires } = prompt;
  if (waits === undefined || expires === undefined) return undefined;
  return { topic: topicOf(factor, waits), owner: hash(owner), expires };
}

/** Which of these topics have changed. */
export async function changedOf(ephemeral: EphemeralStore, topics: readonly string[]): Promise<boolean[]> {
  return (await ephemeral.getMany(topics.map(mark))).map((found) => found !== undefined);
}

/** Small values under hashed keys, each factor's apart; a change is remembered before it is told. */
export function createExchange(ephemeral: EphemeralStore, factor: string): ExchangePort {
  const at = topicOf.bind(undefined, factor);
  return {
    get: (key) => ephemeral.get(at(key)),
    add: (key, value, ttl) => ephemeral.add(at(key), value, ttl),
    take: (key) => ephemeral.take(at(key)),
    swap: (key, expected, value, ttl) => ephemeral.swap(at(key), expected, value, ttl),
    async changed(key) {
      await ephemeral.set(mark(at(key)), '1', REMEMBERED);
      await ephemeral.publish(at(key));
    },
  };
}
