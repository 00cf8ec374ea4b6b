import type { Proved, Refused } from '../../core/challenge.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Answer } from '../../core/prompt.ts';
import type { Departure, Trip } from '../../core/redirect.ts';
import { refuse } from './asking.ts';
import type { Left, Pending } from './schemas.ts';
import type { Universal } from './universal.ts';

/** The way to Duo's page and back. */
export function createLeaving(universal: Universal, { random, now }: Pick<FactorPorts, 'random' | 'now'>) {
  return {
    /** Nobody is sent to a Duo that doesn't answer; and where it doesn't, nobody passes for that. */
    async leave({ account, username }: Pending, { state, back }: Trip): Promise<Departure<Pending> | Refused> {
      if (!(await universal.healthy())) return refuse('duo: health check', 'unavailable');
      const nonce = Buffer.from(random(32)).toString('base64url');
      const address = await universal.address({ username, nonce, back }, state);
      return { address, pending: { kind: 'left', account, username, nonce, back } };
    },

    /** What the browser brought, which says nothing by itself. */
    async answered(pending: Left, { duo_code: own, code = own, error }: Answer): Promise<Proved<never> | Refused> {
      if (error !== undefined) return refuse(`duo: ${error.slice(0, 40)}`, 'denied');
      if (code === undefined || code === '' || code.length > 1024) return refuse('duo: no code', 'denied');
      const { username, nonce, back } = pending;
      const read = await universal.read(code, { username, nonce, back });
      if ('shown' in read) return { outcome: 'proved', proof: { ...read.shown, at: now() } };
      return refuse(`duo: ${read.refused}`, messageOf(read));
    },
  };
}

/** What people are told: that Duo is away, that what they did there isn't enough, or no more than that it failed. */
function messageOf({ refused, unavailable }: { refused: string; unavailable?: true }): string {
  if (unavailable) return 'unavailable';
  if (refused.startsWith('factor not accepted') || refused.startsWith('nothing shown')) return 'not-accepted';
  return refused.startsWith('result') ? 'denied' : 'unbelievable';
}
