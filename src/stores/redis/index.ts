import { z } from 'zod';
import type { EphemeralModule } from '../../core/store.ts';
import { createConfirmation } from './confirmation.ts';
import { connect } from './connection.ts';
import { createStore } from './store.ts';

const settings = z.strictObject({
  url: z
    .string()
    .regex(/^(rediss?:\/\/|\/)./, 'must be redis://host:port, rediss://host:port or the path of a Unix socket')
    .describe('redis:// or rediss:// (TLS) address with user, password and database, or the path of a Unix socket.'),
  prefix: z
    .string()
    .regex(/^[^{}]*$/, "must not contain braces: they mark a cluster's hash tag")
    .default('sallyport:')
    .describe('Begins every key, so that several installations can share one Redis.'),
  confirmReplicas: z
    .int()
    .min(0)
    .default(0)
    .describe('Replicas that must have a single-use mark before it counts; fewer is a refusal.'),
});

/** What expires, in Redis 7 or later: for several processes and nodes. */
const redis: EphemeralModule<z.output<typeof settings>> = {
  id: 'redis',
  kind: 'ephemeral',
  settings,
  /**
   * Answers after the first attempt to connect, whatever came of it: without Redis the process
   * starts, is not ready, refuses, and goes on trying.
   */
  async open({ url, prefix, confirmReplicas }, ports) {
    const client = connect(url, ports.onState);
    const store = createStore(client, prefix, createConfirmation(client, confirmReplicas));
    await client.connect().catch(() => undefined);
    return store;
  },
};

export default redis;
