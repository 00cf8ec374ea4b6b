import type { Account } from '../core/account.ts';
import type { Proof } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { AssessInput, Assessment } from '../policy/index.ts';
import type { Connections } from './connections.ts';
import type { LookedAt } from './device-cookies.ts';
import type { AssuranceNeeds } from './needs.ts';
import { createTold } from './told.ts';
import type { TrustedDevices } from './trusted-devices.ts';

/** A request that only a second factor is missing of. */
interface Lacking {
  account: Account;
  browser: Browser;
  application: string;
  requirement: AssessInput['requirement'];
  /** What was found for the browser's cookies a moment ago. */
  looked: Promise<LookedAt[]> | undefined;
  /** What of these proofs still stands, and what it is worth here. */
  usable(proofs: readonly Proof[]): Proof[];
  assess(more: Pick<AssessInput, 'device' | 'connection'>): Assessment;
}

/** What stands in for a second factor that is missing: a remembered device, or else a live connection. */
export function createStandingIn(
  deps: Pick<AssuranceNeeds, 'now' | 'audit'>,
  { devices, connections }: { devices: TrustedDevices; connections: Connections },
) {
  const once = createTold(deps);

  async function device(lacking: Lacking): Promise<Assessment | undefined> {
    const { account, browser, requirement, looked, usable, assess } = lacking;
    if (requirement.remember === 0) return undefined;
    const recalled = await devices.recall(account.id, browser, looked);
    const result = assess({ device: { proofs: usable(recalled?.proofs ?? []) } });
    if (!result.satisfied) return undefined;
    if (result.remembered) await recalled?.used();
    return result;
  }

  async function connection(lacking: Lacking): Promise<(Pick<Assessment, 'connection'> & Assessment) | undefined> {
    const { account, browser, application, requirement, usable, assess } = lacking;
    if (requirement.connection === undefined) return undefined;
    const found = await connections.of(account.id, browser);
    if (found === undefined) return undefined;
    const result = assess({ connection: { proofs: usable(found.proofs) } });
    if (!result.satisfied || !result.connected) return undefined;
    const { application: by, at } = found;
    await once([account.id, application, by, String(at)], () => ({
      ...{ event: 'connection.counted', account: account.id, application, by, proven: new Date(at).toISOString() },
      ...{ ip: browser.ip, userAgent: browser.userAgent },
    }));
    return { ...result, connection: { application: by, at } };
  }

  return async (lacking: Lacking): Promise<Assessment | undefined> =>
    (await device(lacking)) ?? (await connection(lacking));
}
