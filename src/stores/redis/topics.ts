import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { EphemeralStore } from '../../core/store.ts';
import type { Client } from './client.ts';
import { end, unavailable } from './connection.ts';

/** The first to listen waits until Redis has heard it, or so long, milliseconds: away, it will be heard later. */
const HEARD_WITHIN = 1_000;

interface Topics extends Pick<EphemeralStore, 'publish' | 'subscribe'> {
  close(): Promise<void>;
}

/**
 * One channel for all topics, on a connection of its own that is made when somebody first listens: a subscribed
 * connection takes no other commands, and thousands of topics are one subscription to restore after it was lost.
 */
export function createTopics(client: Client, prefix: string): Topics {
  const channel = `${prefix}topics`;
  const listening = new Map<string, Set<() => void>>();
  let connection: Redis | undefined;
  let heard: Promise<unknown> = Promise.resolve();

  const tell = (listeners: Iterable<() => void>) => {
    for (const listener of [...listeners]) listener();
  };

  function listen(): Redis {
    const made = client.listener();
    // The other connection says what is wrong.
    made.on('error', () => {});
    made.on('message', (_channel: string, topic: string) => tell(listening.get(topic) ?? []));
    let lost = false;
    made.on('close', () => {
      lost = true;
    });
    // What was told meanwhile was lost: everybody looks.
    made.on('ready', () => {
      if (lost) for (const listeners of listening.values()) tell(listeners);
    });
    heard = Promise.race([made.subscribe(channel).catch(() => {}), wait(HEARD_WITHIN, undefined, { ref: false })]);
    return made;
  }

  return {
    async publish(topic) {
      try {
        await client.commands.publish(channel, topic);
      } catch (error) {
        throw unavailable(error);
      }
    },
    async subscribe(topic, listener) {
      connection ??= listen();
      const listeners = listening.get(topic) ?? new Set();
      const own = () => listener();
      listening.set(topic, listeners.add(own));
      await heard;
      return () => {
        listeners.delete(own);
        if (listeners.size === 0 && listening.get(topic) === listeners) listening.delete(topic);
      };
    },
    async close() {
      if (connection) end(connection);
    },
  };
}
