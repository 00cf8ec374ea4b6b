import { z } from 'zod';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { type Device, device as deviceShape, type Subscription } from './schemas.ts';

/** How long a device can register, and then be confirmed, milliseconds. */
export const PATIENCE = 10 * 60_000;
/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;

const open = z.object({
  state: z.literal('open'),
  account: z.string(),
  username: z.string(),
  name: z.string(),
  expires: z.int(),
});
const registered = z.object({ state: z.literal('registered'), name: z.string(), device: deviceShape });
/** A device that waits for its owner: its key, and the invitation that it came with. */
const waiting = z.object({ key: deviceShape.shape.key, token: z.string() });

const record = z.discriminatedUnion('state', [open, registered]);

export type Invitation = z.output<typeof open>;
export type Registered = z.output<typeof registered>;

/** What the page of an enrolment waits for. */
export const enrolmentKey = (token: string): string => `enrolment:${token}`;
const deviceKey = (device: string): string => `device:${device}`;

/** Invitations that the QR codes of enrolments carry: of all devices that come with one, one registers. */
export function createRegistrations({
  exchange,
  sealer,
  now,
  random,
}: Pick<FactorPorts, 'exchange' | 'sealer' | 'now' | 'random'>) {
  const seal = (key: string, value: unknown) => sealer.seal(JSON.stringify(value), key);
  const opened = (key: string, stored: string) => JSON.parse(sealer.open(stored, key)) as unknown;

  async function read(token: string) {
    const key = enrolmentKey(token);
    const stored = await exchange.get(key);
    return stored === undefined ? undefined : { stored, kept: record.parse(opened(key, stored)) };
  }

  return {
    async invite(account: { id: string; username: string; name: string }): Promise<{ token: string; expires: number }> {
      const token = Buffer.from(random(32)).toString('base64url');
      const expires = now() + PATIENCE;
      const { id, username, name } = account;
      const value: Invitation = { state: 'open', account: id, username, name, expires };
      await exchange.add(enrolmentKey(token), seal(enrolmentKey(token), value), PATIENCE);
      return { token, expires };
    },

    /** The open invitation; undefined where it is spent or over. */
    async invitation(token: string): Promise<Invitation | undefined> {
      const kept = (await read(token))?.kept;
      return kept?.state === 'open' && now() < kept.expires ? kept : undefined;
    },

    /** False where another device was first, or time was. */
    async register(token: string, name: string, device: Device): Promise<boolean> {
      const found = await read(token);
      if (found?.kept.state !== 'open' || now() >= found.kept.expires) return false;
      const key = enrolmentKey(token);
      const value: Registered = { state: 'registered', name, device };
      if (!(await exchange.swap(key, found.stored, seal(key, value), PATIENCE))) return false;
      const it: z.output<typeof waiting> = { key: device.key, token };
      await exchange.add(deviceKey(device.device), seal(deviceKey(device.device), it), PATIENCE);
      return true;
    },

    /** What has registered with it; `open` while nothing has. */
    async outcome(token: string): Promise<Registered | 'open' | undefined> {
      const kept = (await read(token))?.kept;
      if (kept?.state === 'open') return now() < kept.expires ? 'open' : undefined;
      return kept;
    },

    /** It is a credential by now: once that is removed, nothing is known of it any more. */
    async settled(device: string): Promise<void> {
      await exchange.take(deviceKey(device));
    },

    /** A device that has registered and isn't confirmed yet. */
    async unconfirmed(device: string): Promise<z.output<typeof waiting> | undefined> {
      const stored = await exchange.get(deviceKey(device));
      return stored === undefined ? undefined : waiting.safeParse(opened(deviceKey(device), stored)).data;
    },

    /** Where messages go to a device that isn't confirmed yet; false where that is over. */
    async subscribe(token: string, device: string, subscription: Subscription | null): Promise<boolean> {
      for (let round = 0; round < ROUNDS; round += 1) {
        const found = await read(token);
        if (found?.kept.state !== 'registered' || found.kept.device.device !== device) return false;
        const value: Registered = { ...found.kept, device: { ...found.kept.device, subscription } };
        const key = enrolmentKey(token);
        if (await exchange.swap(key, found.stored, seal(key, value))) return true;
      }
      throw new Error('others keep changing this registration');
    },
  };
}

export type Registrations = ReturnType<typeof createRegistrations>;
