import { networksOf } from '../../policy/index.ts';
import type { Modules } from '../modules.ts';
import type { Fault } from './faults.ts';
import { applicationsOf } from './normalise.ts';
import type { Parsed } from './schema.ts';
import type { Config } from './types.ts';

type Subject = Omit<Config, 'warnings'>;

const base = (range: string): string => range.split('/', 1)[0] ?? '';
const holds = (range: string, address: string): boolean =>
  networksOf(address, [{ name: 'range', ranges: [range] }]).length > 0;
/** Of two ranges that have an address in common one holds the other's first. */
const overlap = (a: string, b: string): boolean => holds(a, base(b)) || holds(b, base(a));

function poolsOf(applications: Config['applications'], modules: Modules) {
  return [...modules.doors.values()].flatMap((door) => {
    const own = [...applications.values()].filter((it) => it.door === door.id);
    return (door.pools?.(own) ?? []).map((pool) => ({ ...pool, door: door.id }));
  });
}

/** Whoever could say any address for themselves could say that they come through anybody's connection. */
export function poolFaults({ applications, trustedProxies }: Partial<Parsed>, modules: Modules): Fault[] {
  if (applications === undefined || trustedProxies === undefined) return [];
  return poolsOf(applicationsOf(applications, modules), modules).flatMap(({ application, door, ranges }) =>
    ranges.flatMap((range, at) => {
      const proxy = trustedProxies.find((it) => overlap(it, range));
      if (proxy === undefined) return [];
      const message = `overlaps trustedProxies (${proxy}): whoever is connected there could pass for any address`;
      return [{ path: ['applications', application, door, 'pool', at], message }];
    }),
  );
}

/** Rules that count connections where there is none to count. */
export function connectionWarnings({ rules, applications, networks }: Subject, modules: Modules) {
  const pools = poolsOf(applications, modules);
  const counting = rules.filter(({ connection }) => typeof connection === 'number');
  const ofRules = counting.flatMap(({ name, connection = 0, level = 'sfa', remember }) => {
    const rule = `rule ${JSON.stringify(name)}`;
    if (pools.length === 0) return [`${rule} counts connections, but no application has a pool that tells of them`];
    if (level === 'phr' || level === 'phrh') return [`${rule} counts no connection: one never exceeds mfa`];
    const never = remember === 'never' || (remember === undefined && level === 'mfa');
    if (never) return [`${rule} counts no connection: it remembers nothing, and a connection is never more than that`];
    if (typeof remember === 'number' && Number(connection) > remember) {
      return [`${rule} counts connections for longer than it remembers, which holds`];
    }
    return [];
  });
  const idle = networks.filter((network) => network.shared);
  const shared = pools.flatMap(({ application, ranges }) =>
    idle
      .filter((network) => network.ranges.some((one) => ranges.some((range) => overlap(one, range))))
      .map(
        ({ name }) =>
          `the pool of applications.${application} overlaps the shared network ${name}: nothing counts there`,
      ),
  );
  return counting.length > 0 ? [...ofRules, ...shared] : [];
}
