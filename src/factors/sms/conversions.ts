import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Budget } from '../../core/limit.ts';
import type { Message } from './schemas.ts';
import type { Settings } from './settings.ts';

const HOUR = 3_600_000;
/** How long a code may be on its way, milliseconds: before that nobody can tell whether it will come back. */
export const VALID = 180_000;

const stateKey = (country: string) => `stopped:${country}`;

/** Kept by country: until when messages are stopped or, negative, until when nobody judges them; epoch milliseconds. */
type Stops = Pick<FactorPorts, 'state'> & { now(): number };

/** Lifts a stop, and keeps another from following for an hour: what didn't come back counts for that long. */
export async function resume({ state, now }: Stops, country: string): Promise<boolean> {
  const kept = await state.get(stateKey(country));
  if (kept === undefined || Number(kept.value) <= now()) return false;
  return state.set(stateKey(country), String(-(now() + HOUR)), kept.version);
}

/**
 * Codes sent and codes that came back, by country and hour. Whoever is paid for messages to numbers of theirs has
 * codes sent and enters none: where too few come back, nothing more is sent there for a while.
 */
export function createConversions(
  { conversion }: Settings,
  ports: Pick<FactorPorts, 'limit' | 'state' | 'audit' | 'log' | 'now'>,
) {
  const { limit, state, now } = ports;
  const sentOf = (country: string): Budget => ({ name: 'sent', of: country, per: HOUR });
  const openOf = (country: string): Budget => ({ name: 'open', of: country, per: HOUR });
  const recentOf = (country: string): Budget => ({ name: 'recent', of: country, per: VALID });

  async function stop(country: string, sent: number, back: number): Promise<void> {
    const kept = await state.get(stateKey(country));
    if (kept !== undefined && Math.abs(Number(kept.value)) > now()) return;
    const until = now() + conversion.pause * 60_000;
    // Of several that notice at once, one says so.
    if (!(await state.set(stateKey(country), String(until), kept?.version ?? 0))) return;
    ports.log.error({ country, sent, back, until }, 'text messages are stopped: their codes do not come back');
    await ports.audit({ event: 'sms.stopped', country, sent, back, until });
  }

  return {
    /** How long messages to this country are stopped for, milliseconds; 0 where they aren't. */
    async stoppedFor(country: string): Promise<number> {
      const kept = await state.get(stateKey(country));
      return Math.max(0, Number(kept?.value ?? 0) - now());
    },

    /** A message went out. Those of the last minutes aren't judged: their owners may be typing. */
    async sent(country: string): Promise<void> {
      const at = now();
      const budgets = [sentOf(country), openOf(country), recentOf(country)];
      const counted = await limit.count(budgets);
      if (!counted.allowed) return;
      const { sent = 0, open = 0, recent = 0 } = counted.counts;
      const before = await limit.read([recentOf(country)], at - VALID);
      const young = recent + (before.recent ?? 0);
      const [settled, unanswered] = [sent - young, open - young];
      if (settled < conversion.least || settled - unanswered >= settled * conversion.share) return;
      await stop(country, settled, settled - unanswered);
    },

    /** Its code came back, which counts once, however many enter it at the same moment. */
    async cameBack({ id, country, at }: Message): Promise<void> {
      const once = await limit.count([{ name: 'came-back', of: id, per: HOUR, apart: true }]);
      if (once.allowed) await limit.giveBack([openOf(country)], at);
    },
  };
}

export type Conversions = ReturnType<typeof createConversions>;
