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

/**
 * Loads the metadata and refuses, with all faults at once, where a profile couldn't be honoured. Metadata that only
 * add to other profiles may come later.
 */
export async function start(site: Site): Promise<void> {
  const { trust, ports } = site;
  const failures = new Map<unknown, string>();
  for (const source of trust.sources) {
    try {
      await source.load();
    } catch (error) {
      failures.set(source, error instanceof Error ? error.message : String(error));
    }
  }
  const faults = [...siteFaults(site), ...applicationFaults(site)];
  for (const { profile, metadata } of trust.profiles) {
    const failure = failures.get(metadata);
    if (failure !== undefined && (profile.attestation === 'required' || profile.minimumLevel !== undefined)) {
      faults.push(`profile ${profile.name}: ${failure}`);
    } else if (failure !== undefined) {
      ports.log.error({ profile: profile.name, failure }, 'no authenticator metadata: trying again later');
    }
  }
  if (faults.length > 0)
    throw new SallyportError('ERR_CONFIG', faults.map((fault) => `factors.fido2: ${fault}`).join('\n'));
  for (const source of trust.sources) source.keepFresh();
}
