import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Data, Enrolled } from './schemas.ts';

/** Rounds of compare-and-set before giving up: names and uses change as well. */
const ROUNDS = 10;

/** The devices of accounts: they are credentials, and change by what comes from the phones. */
export function createDevices({ credentials, now }: Pick<FactorPorts, 'credentials' | 'now'>) {
  // What the journey opens was read by this factor's own schema.
  const find = (device: string) => credentials.byLookup(device) as Promise<Enrolled | undefined>;
  const ofAccount = (account: string) => credentials.ofAccount(account) as Promise<Enrolled[]>;

  /** False where it is gone, or nothing is to be changed. */
  async function change(device: string, step: (data: Data) => Data | undefined): Promise<boolean> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const found = await find(device);
      const next = found && step(found.data);
      if (found === undefined || next === undefined) return false;
      if (await credentials.update(found, next)) return true;
    }
    throw new Error('others keep changing this device');
  }

  async function changeAll(account: string, step: (data: Data) => Data | undefined): Promise<number> {
    const changed = (await ofAccount(account)).map(({ data }) => change(data.device, step));
    return (await Promise.all(changed)).filter(Boolean).length;
  }

  return {
    find,

    /** Where messages go from now on. */
    subscribe: (device: string, subscription: Data['subscription']): Promise<boolean> =>
      change(device, ({ retired: _, ...data }) => ({ ...data, subscription })),

    /** Takes a subscription out of use that its push service calls over, unless the device has another by now. */
    retire: (device: string, endpoint: string): Promise<boolean> =>
      change(device, (data) =>
        data.subscription?.endpoint === endpoint ? { ...data, subscription: null, retired: now() } : undefined,
      ),

    /** How many are asked. */
    asked: async (account: string): Promise<number> =>
      (await ofAccount(account)).filter(({ data }) => data.suspended === undefined).length,

    /** Nothing is asked of any of them any more; how many there are. */
    suspend: (account: string): Promise<number> =>
      changeAll(account, (data) => (data.suspended === undefined ? { ...data, suspended: now() } : undefined)),

    release: (account: string): Promise<number> =>
      changeAll(account, ({ suspended, ...data }) => (suspended === undefined ? undefined : data)),
  };
}

export type Devices = ReturnType<typeof createDevices>;
