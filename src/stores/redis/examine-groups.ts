import { Redis } from 'ioredis';
import type { Finding } from '../../core/finding.ts';
import { CONNECT_TIMEOUT, serverOptions } from './connection.ts';
import { nodeAt, type Settings } from './settings.ts';

const SLOTS = 16_384;

/** What one Sentinel answers, or why it doesn't. */
export type Sentinel = { address: string } & (
  | { failed: string }
  | {
      /** `host:port` of what it takes for the primary. */
      primary: string;
      /** What CKQUORUM says where no failover could be agreed on. */
      unable?: string;
    }
);

const SEE = 'See its log, and whether it is reachable from this machine.';

/** Whether Sentinels would agree on another primary, if this one died now. */
export function sentinelFindings(all: readonly Sentinel[]): Finding[] {
  const gone = all.flatMap((one) => ('failed' in one ? [one] : []));
  const there = all.flatMap((one) => ('failed' in one ? [] : [one]));
  const lost = gone.map(
    ({ address, failed }): Finding => ({
      level: there.length === 0 ? 'fault' : 'notice',
      text: `the Sentinel ${address} doesn't answer: ${failed}`,
      todo: SEE,
    }),
  );
  const unable = there.flatMap(({ address, unable }): Finding[] => {
    if (unable === undefined) return [];
    if (unable.startsWith('NOPERM')) {
      const text = `the Sentinel ${address} doesn't tell this user whether a failover would be agreed on`;
      return [{ level: 'notice', text, todo: 'Allow it: +sentinel|ckquorum.' }];
    }
    const text = `no failover would be agreed on, says ${address}: ${unable}`;
    return [{ level: 'fault', text, todo: 'Start the Sentinels that are missing.' }];
  });
  const named = [...new Set(there.map(({ primary }) => primary))];
  const apart: Finding[] =
    named.length < 2
      ? []
      : [
          {
            level: 'fault',
            text: `Sentinels name different primaries: ${named.join(', ')}`,
            todo: 'Look again; where it stays so, see their logs.',
          },
        ];
  const few: Finding[] =
    all.length < 3
      ? [
          {
            level: 'notice',
            text: `${all.length} Sentinels are configured: of fewer than three none may die`,
            todo: 'Name all of them, and run three.',
          },
        ]
      : [];
  const found = [...lost, ...unable, ...apart, ...few];
  return found.length > 0 ? found : [{ level: 'good', text: `${there.length} Sentinels agree on ${named.join()}` }];
}

export function askSentinels(settings: Settings): Promise<Sentinel[]> {
  const { sentinels = [], name = '' } = settings;
  return Promise.all(sentinels.map((address) => askSentinel(address, name, settings)));
}

async function askSentinel(address: string, name: string, settings: Settings): Promise<Sentinel> {
  const { sentinelUser: user, sentinelPassword: password, tls } = settings;
  const { host, port } = nodeAt(address);
  const redis = new Redis({
    ...serverOptions({ user, password, tls }),
    ...{ host, port, retryStrategy: () => null, commandTimeout: CONNECT_TIMEOUT, enableReadyCheck: false },
  });
  let failed = 'no answer';
  redis.on('error', ({ message, code }: NodeJS.ErrnoException) => {
    failed = message || code || failed;
  });
  try {
    await redis.connect();
    const [at, atPort] = (await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as [string, string];
    const unable = await redis.call('SENTINEL', 'CKQUORUM', name).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { address, primary: `${at}:${atPort}`, ...(unable !== undefined && { unable }) };
  } catch {
    return { address, failed };
  } finally {
    redis.disconnect();
  }
}

/** A primary of a cluster, and how many replicas are in step with it. */
export interface Primary {
  address: string;
  replicas: number;
}

/** Whether all of a cluster is there, and each part of it twice. `least`: replicas that must have what is ended. */
export function clusterFindings(info: string, primaries: readonly Primary[], least: number): Finding[] {
  const value = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  const [state, slots] = [value('cluster_state'), Number(value('cluster_slots_ok'))];
  const found: Finding[] = [];
  if (state !== 'ok' || slots !== SLOTS) {
    const text = `the cluster isn't whole (${state}): ${slots} of ${SLOTS} slots are served`;
    found.push({ level: 'fault', text, todo: 'See CLUSTER NODES, and start what is missing.' });
  }
  for (const { address, replicas } of primaries.filter(({ replicas }) => replicas < least)) {
    const text = `the primary ${address} has ${replicas} replicas; ${least} must have what is ended`;
    found.push({ level: 'fault', text, todo: 'Start the replicas, or see why they aren’t connected.' });
  }
  if (primaries.length < 3) {
    const text = `the cluster has ${primaries.length} primaries: of fewer than three no majority is left where one dies`;
    found.push({ level: 'notice', text, todo: 'Run three, with a replica each.' });
  }
  if (found.length > 0) return found;
  return [{ level: 'good', text: `the cluster is whole: ${primaries.length} primaries, each with its replicas` }];
}
