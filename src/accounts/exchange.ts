import { createHash } from 'node:crypto';
import type { ExchangePort } from '../core/factor-ports.ts';
import type { EphemeralStore } from '../core/store.ts';

/** How long it is remembered that something has changed, milliseconds: pages that look see it all the same. */
const REMEMBERED = 15 * 60_000;

const hash = (key: string): string => createHash('sha256').update(key).digest('base64url');
const mark = (topic: string): string => `changed:${topic}`;

/** What is published when the value under a factor's key has changed. */
export function topicOf(factor: string, key: string): string {
  return `exchange:${factor}:${hash(key)}`;
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
