import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PasswordVerdict } from '../../core/directory.ts';
import type { Connection } from './connection.ts';

/** How long somebody may take to choose a new password, milliseconds. */
const KEPT = 5 * 60_000;
const MOST = 64;

interface Renewal {
  connection: Connection;
  verdict: PasswordVerdict;
  proof: Buffer;
  timer: NodeJS.Timeout;
}

/**
 * Connections on which people are bound by a password that has to be changed. Each bind with an expired one spends a
 * grace login, and the last of them may be the only way to a new password: so the bind that showed who it is changes
 * it as well. Nothing but the page for a new password is opened by that; no password is kept.
 */
export function createRenewals() {
  const kept = new Map<string, Renewal>();
  const secret = randomBytes(32);
  const proofOf = (password: string): Buffer => createHmac('sha256', secret).update(password).digest();

  async function end(key: string): Promise<void> {
    const found = kept.get(key);
    if (found === undefined) return;
    kept.delete(key);
    clearTimeout(found.timer);
    await found.connection.close();
  }

  return {
    end,

    /** Takes the connection over. */
    async keep(key: string, password: string, verdict: PasswordVerdict, connection: Connection): Promise<void> {
      await end(key);
      const [oldest] = kept.keys();
      if (kept.size >= MOST && oldest !== undefined) await end(oldest);
      const timer = setTimeout(() => void end(key), KEPT).unref();
      kept.set(key, { connection, verdict, proof: proofOf(password), timer });
    },

    /** The one that this password opened, while it stands. */
    of(key: string, password: string): Pick<Renewal, 'connection' | 'verdict'> | undefined {
      const found = kept.get(key);
      return found?.connection.usable && timingSafeEqual(found.proof, proofOf(password)) ? found : undefined;
    },

    async close(): Promise<void> {
      for (const key of [...kept.keys()]) await end(key);
    },
  };
}
