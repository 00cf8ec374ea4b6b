import type { MovableSecret, TakenOver, TakesOver } from '../../../core/factor-powers.ts';
import { type Data, isHeld } from '../schemas.ts';
import { assignToken } from './assign.ts';
import { rowOf } from './row.ts';
import type { Tokens } from './store.ts';
import { normaliseSerial, type Token } from './token.ts';

const REASONS: Readonly<Record<string, string>> = {
  none: 'no secret: import the maker’s file first (sallyport tokens import)',
  taken: 'somebody else’s here',
  changed: 'changed at the same moment: try again',
};

/** The token that another product tells the secret of; or why it can't be one. */
function tokenOf(serial: string, { type, period, ...rest }: MovableSecret): Token | string {
  const kind = type === 'clock' ? { type: 'totp', period, drift: 0 } : { type: 'hotp' };
  const row = rowOf(serial, () => ({ serial, ...rest, ...kind }));
  return 'token' in row ? row.token : row.reason;
}

/** Tokens, by what another product says of whose they are; with their secrets only where it tells these. */
export function createTakingOver(parts: { now(): number; tokens: Tokens }): TakesOver<Data> {
  const { tokens } = parts;

  /** Keeps the token if it isn't there; why not, otherwise. */
  async function keep(serial: string, secret: MovableSecret, dry: boolean): Promise<string | undefined> {
    const read = tokenOf(serial, secret);
    if (typeof read === 'string') return read;
    const kept = (await tokens.get(serial))?.token;
    if (kept === undefined) return dry || (await tokens.insert(read)) ? undefined : REASONS.changed;
    return kept.secret === read.secret && kept.type === read.type ? undefined : 'another token has this number here';
  }

  return {
    async take(account, existing, thing, { dry }): Promise<TakenOver<Data> | undefined> {
      if (thing.kind !== 'token') return undefined;
      const serial = normaliseSerial(thing.serial);
      if (serial === undefined) return { outcome: 'refused', reason: 'not a serial number' };
      if (existing.filter(isHeld).some(({ data }) => data.serial === serial)) return { outcome: 'had' };
      const fault = thing.secret && (await keep(serial, thing.secret, dry));
      if (fault !== undefined) return { outcome: 'refused', reason: fault };
      if (dry) return foreseen(serial, account.id, thing.secret);
      const taken = await assignToken(parts, account, existing, serial);
      if (taken.outcome === 'assigned') return { ...taken, outcome: 'taken' };
      return { outcome: 'refused', reason: REASONS[taken.reason] ?? taken.reason };
    },
  };

  async function foreseen(serial: string, account: string, secret?: MovableSecret): Promise<TakenOver<Data>> {
    const kept = (await tokens.get(serial))?.token;
    if (kept === undefined && secret === undefined) return { outcome: 'refused', reason: REASONS.none ?? '' };
    if (kept?.holder && kept.holder.account !== account) return { outcome: 'refused', reason: REASONS.taken ?? '' };
    const digits = kept?.digits ?? (secret?.digits === 8 ? 8 : 6);
    return { outcome: 'taken', name: serial, data: { serial, digits } };
  }
}
