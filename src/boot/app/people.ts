import { type AccountsRoom, accountsRoom, LINK } from '../../accounts/index.ts';
import { createPasswordRules } from '../../accounts/passwords/index.ts';
import { type AssuranceRoom, assuranceRoom } from '../../assurance/index.ts';
import type { CredentialKind } from '../../core/credential-kind.ts';
import type { Directory } from '../../core/directory.ts';
import type { CorePorts } from '../../core/door.ts';
import type { EnabledFactors } from '../../core/enabled-factor.ts';
import { routedTo } from '../../core/logins.ts';
import type { Rule } from '../../core/policy.ts';
import { upstreamOf } from '../../core/said.ts';
import { type LockoutRoom, lockoutRoom } from '../../lockout/index.ts';
import { networkLookup } from '../../policy/index.ts';
import type { Config } from '../config.ts';
import type { Modules } from '../modules.ts';
import { createFactors, credentialKinds, OWN_RULES } from '../parts.ts';
import { breachedBy, passwordsPort } from '../passwords/index.ts';
import { createRegistry, type Registry } from '../registry.ts';
import { createDirectories } from './directories.ts';
import type { Ground } from './ground.ts';
import type { Ledger } from './ledger.ts';
import { joinedLockout, strictestLockout } from './lockout-bound.ts';
import type { Outside } from './outside.ts';

/** An answer of a directory's about somebody is kept anew once it is so old, milliseconds, or a quarter of what rules allow. */
const MOST_SEEN = 3_600_000;

/** Who people are, where they go, what they prove it with, and how a request of theirs stands. */
export interface People {
  applications: Registry;
  directories: ReadonlyMap<string, Directory>;
  factors: EnabledFactors;
  /** The configuration's, and the gateway's own. */
  rules: readonly Rule[];
  /** Names of the configured networks that an address belongs to. */
  networksOf(ip: string): readonly string[];
  /** The shortest that any rule does without a directory, milliseconds. */
  withoutDirectory: number | undefined;
  rooms: LockoutRoom & AccountsRoom & AssuranceRoom;
  close(): Promise<void>;
}

/** What stands before people do. */
interface Before {
  config: Config;
  modules: Modules;
  ground: Ground;
  ledger: Ledger;
  outside: Outside;
  keyring: CorePorts['keyring'];
}

export async function openPeople(before: Before): Promise<People> {
  const { config, modules, ground, ledger, outside, keyring } = before;
  const { audit } = ledger;
  await using closing = new AsyncDisposableStack();
  const { world, log, durable, ephemeral, sealer } = ground;
  const { acr, trustedDevices, directories: routes, passwordPolicy } = config;
  const signInWith = routedTo(config.signInWith, routes.values());
  const needs = { ...world, durable, ephemeral, sealer, audit, log };

  const breached = breachedBy(config.breached, { fetch: outside.fetch, log });
  const passwordRules = createPasswordRules({ passwordPolicy, ...(breached ? { breached } : {}) });
  const passwords = passwordsPort(passwordRules, (message) => outside.i18n.text(config.defaultLocale, message));
  const applications = createRegistry(config);
  const directories = createDirectories(config, modules, ground, { passwords, audit, keyring, fetch: outside.fetch });
  closing.defer(async () => {
    for (const directory of directories.values()) await directory.close?.();
  });
  const kinds = new Map([...credentialKinds(config, modules), ...linkKinds(directories)]);
  const withoutDirectory = shortestWithout(config.rules);
  const seenFor = withoutDirectory && Math.min(MOST_SEEN, withoutDirectory / 4);
  const known = {
    ...lockoutRoom({
      ...needs,
      lockout: joinedLockout(config.lockout, config.passwordPolicy),
      bound: strictestLockout(directories, modules.factors),
    }),
    ...accountsRoom({ ...needs, directories, routes, signInWith, kinds, passwordRules, ...(seenFor && { seenFor }) }),
  };

  const { factors, close } = await createFactors(config, modules, {
    ...needs,
    ...outside,
    ...known,
    ...{ names: applications, directories },
  });
  closing.defer(close);
  known.holds.listen(async (account) => {
    for (const { factor } of factors.values()) await factor.holdsBack?.release(account);
  });
  const rules = [...config.rules, ...OWN_RULES];
  const rooms = {
    ...known,
    ...assuranceRoom({ ...needs, factors, directories, applications, rules, acr, trustedDevices }, known),
  };
  const open = closing.move();
  return {
    ...{
      applications,
      directories,
      factors,
      rules,
      withoutDirectory,
      networksOf: networkLookup(config.networks),
      rooms,
    },
    close: () => open.disposeAsync(),
  };
}

/** Of the houses that people may link. */
const linkKinds = (directories: ReadonlyMap<string, Directory>): [string, CredentialKind][] =>
  [...directories].flatMap(([id, { redirects }]) => (redirects ? [[upstreamOf(id), LINK]] : []));

function shortestWithout(rules: readonly Rule[]): number | undefined {
  const windows = rules.flatMap(({ dangerouslyWithoutDirectory: window }) =>
    typeof window === 'number' ? window : [],
  );
  return windows.length === 0 ? undefined : Math.min(...windows);
}
