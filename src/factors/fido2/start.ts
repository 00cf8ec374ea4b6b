import { SallyportError } from '../../core/errors.ts';
import type { Site } from './site.ts';

/** Whether credentials for `rpId` may be made at `host` (WebAuthn section 5.1.2: a registrable domain suffix). */
function covers(rpId: string, host: string): boolean {
  return host === rpId || (rpId.includes('.') && host.endsWith(`.${rpId}`));
}

/** The pages' own origin must be able to use the rpId: by its name, or by being listed as related. */
function siteFaults({ rpId, ports, settings }: Site): string[] {
  const { hostname, origin } = new URL(ports.issuer);
  if (covers(rpId, hostname) || settings.origins.includes(origin)) return [];
  return [`rpId ${rpId} is neither the issuer's host nor a domain above it; if ${origin} is a related origin, list it`];
}

/** A misspelt application would make its profile match nothing, silently. */
function applicationFaults({ trust, ports }: Site): string[] {
  return trust.profiles.flatMap(({ profile }) =>
    (profile.applications ?? [])
      .filter((id) => !ports.applications.includes(id))
      .map((id) => `profile ${profile.name}: ${id} isn't in applications`),
  );
}

/** A file that isn't there is the operator's to mend; what others wrote, or don't serve, comes right by itself. */
const isOperators = (error: unknown): boolean =>
  ['ENOENT', 'EACCES', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/**
 * Loads the metadata and refuses, with all faults at once, where the configuration couldn't be honoured. A document
 * of others stops nobody: until a good one is there, a profile that rests on it takes no key.
 */
export async function start(site: Site): Promise<void> {
  const { trust, ports } = site;
  const failures = new Map<unknown, { reason: string; fault: boolean }>();
  for (const source of trust.sources) {
    try {
      await source.load();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failures.set(source, { reason, fault: isOperators(error) });
    }
  }
  const faults = [...siteFaults(site), ...applicationFaults(site)];
  for (const { profile, metadata } of trust.profiles) {
    const failure = failures.get(metadata);
    if (failure?.fault) faults.push(`profile ${profile.name}: ${failure.reason}`);
    else if (failure) {
      const fields = { profile: profile.name, failure: failure.reason };
      ports.log.error(fields, 'no authenticator metadata: what rests on it is refused, trying again later');
    }
  }
  if (faults.length > 0)
    throw new SallyportError('ERR_CONFIG', faults.map((fault) => `factors.fido2: ${fault}`).join('\n'));
  for (const source of trust.sources) source.keepFresh();
}
