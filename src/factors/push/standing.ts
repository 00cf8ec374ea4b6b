import { z } from 'zod';
import type { FactorPorts } from '../../core/factor-ports.ts';

/** How long it is remembered that nobody approved, milliseconds. */
const REMEMBERED = 86_400_000;
/** Rounds of compare-and-set before giving up. */
const ROUNDS = 20;

const outcome = z.enum(['approved', 'wrong-number', 'cancelled', 'reported']);
export type RequestOutcome = z.output<typeof outcome>;

const request = z.object({
  id: z.string(),
  /** Names the sign-in that asks. */
  signIn: z.string(),
  /** Two digits, shown where the sign-in is and typed on the phone. */
  number: z.string(),
  at: z.int(),
  expires: z.int(),
  application: z.union([z.string(), z.record(z.string(), z.string())]),
  applicationId: z.string().optional(),
  username: z.string(),
  ip: z.string().optional(),
  userAgent: z.string().optional(),
  place: z.string().optional(),
  /** The application asks by itself, and shows the number; and beside it this text, where it gave one. */
  shown: z.object({ text: z.string().optional() }).optional(),
  decided: z.object({ outcome, by: z.string(), at: z.int() }).optional(),
});
export type PushRequest = z.output<typeof request>;

/** How it stands with an account: its one request, and how many in a row nobody approved. */
const standing = z.object({ misses: z.int(), request: request.optional() });
export type Standing = z.output<typeof standing>;

const keyOf = (account: string) => `account:${account}`;

/** One record for each account, sealed, and changed by compare-and-set alone. */
export function createStandings({ exchange, sealer }: Pick<FactorPorts, 'exchange' | 'sealer'>) {
  async function read(account: string): Promise<{ stored?: string; standing: Standing }> {
    const stored = await exchange.get(keyOf(account));
    if (stored === undefined) return { standing: { misses: 0 } };
    return { stored, standing: standing.parse(JSON.parse(sealer.open(stored, keyOf(account)))) };
  }

  function write(account: string, stored: string | undefined, next: Standing): Promise<boolean> {
    const key = keyOf(account);
    const value = sealer.seal(JSON.stringify(next), key);
    return stored === undefined ? exchange.add(key, value, REMEMBERED) : exchange.swap(key, stored, value, REMEMBERED);
  }

  return {
    async of(account: string): Promise<Standing> {
      return (await read(account)).standing;
    },

    /** Changes how it stands, again from what is there now where somebody else was first. */
    async change<T>(account: string, step: (now: Standing) => { result: T; next?: Standing }): Promise<T> {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { stored, standing } = await read(account);
        const { result, next } = step(standing);
        if (next === undefined || (await write(account, stored, next))) return result;
      }
      throw new Error('others keep changing the requests of this account');
    },
  };
}
