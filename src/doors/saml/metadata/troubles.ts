import { X509Certificate } from 'node:crypto';
import { minute, type Trouble } from '../../../core/trouble.ts';
import type { ServiceProvider, SourceHealth } from '../../../saml/index.ts';
import { missingFrom } from './missing.ts';

/** What is known of an application's metadata; times are epoch milliseconds. */
export interface Standing {
  application: string;
  /** Of its source. */
  health: SourceHealth;
  /** The entity that it stands for, where it is one and that is known. */
  entityId?: string;
  /** What is in force of it. */
  provider?: ServiceProvider;
  /** When what is held of it ended. */
  endedAt?: number;
  /** Certificate that the metadata must be signed with, PEM. */
  certificate?: string;
  federation: boolean;
}

/** `warnBefore`: how long before an end it is told, milliseconds. */
export function troublesOf(standing: Standing, now: number, warnBefore: number): Trouble[] {
  const { application } = standing;
  const lost = unavailable(standing, now);
  if (lost !== undefined) return [{ application, state: 'unavailable', about: 'metadata', ...lost }];
  const { failure } = standing.health;
  const until = standing.provider?.validUntil ?? standing.health.validUntil;
  const stale = failure && { reason: `its metadata can’t be renewed: ${failure.reason}`, since: failure.since };
  return [
    ...(stale
      ? [
          {
            application,
            state: 'stale' as const,
            about: 'metadata' as const,
            ...stale,
            ...(until !== undefined && { until }),
          },
        ]
      : []),
    ...[documentEnd(standing, until, now, warnBefore), ...certificateEnds(standing, now, warnBefore)].flatMap((end) =>
      end === undefined ? [] : [{ application, state: 'ending' as const, ...end }],
    ),
  ];
}

type Reason = Pick<Trouble, 'reason' | 'since' | 'until'>;
type End = Reason & Pick<Trouble, 'about'>;

function unavailable(standing: Standing, now: number): Reason | undefined {
  const { health, provider, federation } = standing;
  // A query server is asked when somebody comes: until then nothing is known, and nothing is wrong.
  const nothing = federation
    ? health.kind !== 'mdq' && (health.providers === undefined || (health.validUntil ?? now + 1) <= now)
    : provider === undefined && (health.kind !== 'mdq' || health.failure !== undefined);
  if (!nothing) return undefined;
  const ended = standing.endedAt ?? health.failure?.lapsed?.at ?? (federation ? health.validUntil : undefined);
  if (ended !== undefined && ended <= now) return expired(ended, health);
  if (health.failure) return { reason: health.failure.reason, since: health.failure.since };
  const refusal = health.refused?.find(({ entityId }) => entityId === standing.entityId) ?? health.refused?.[0];
  const what = missingFrom(health.providers ?? 0, standing.entityId);
  return { reason: `its metadata ${what}${refusal ? ` (${refusal.reason})` : ''}` };
}

function expired(at: number, { failure }: SourceHealth): Reason {
  const newer =
    failure && failure.lapsed === undefined ? `, and what is there now can’t be used: ${failure.reason}` : '';
  return { reason: `its metadata expired on ${minute(at)}${newer}`, since: at, until: at };
}

/**
 * What is fetched is renewed by itself, at half of its life: only what has outlived two thirds is told. Who writes a
 * file may have forgotten it.
 */
function documentEnd(
  { health }: Standing,
  until: number | undefined,
  now: number,
  warnBefore: number,
): End | undefined {
  if (until === undefined || until - now >= warnBefore) return undefined;
  const { kind, loadedAt = now } = health;
  if (kind !== 'file' && until - now > (until - loadedAt) / 3) return undefined;
  return { about: 'metadata', reason: `its metadata is valid until ${minute(until)} only`, until };
}

function certificateEnds({ provider, certificate }: Standing, now: number, warnBefore: number): End[] {
  const own = provider === undefined ? undefined : endOf(provider);
  const signer = certificate === undefined ? undefined : validTo(certificate);
  const ends: [string, number | undefined][] = [
    ['a certificate in its metadata', own],
    ['the certificate that its metadata is checked with', signer],
  ];
  return ends.flatMap(([what, at]) => {
    if (at === undefined || at - now >= warnBefore) return [];
    return [{ about: 'certificate', reason: `${what} ${at <= now ? 'ended' : 'ends'} on ${minute(at)}`, until: at }];
  });
}

/** Metadata that stays is one object: its certificates are parsed once. */
const ends = new WeakMap<ServiceProvider, number>();

/** The first end of its certificates. */
function endOf(provider: ServiceProvider): number {
  const known = ends.get(provider);
  if (known !== undefined) return known;
  const certificates = [...provider.signingCertificates, ...provider.encryptionKeys.map((it) => it.certificate)];
  const found = Math.min(...[...new Set(certificates)].map((it) => validTo(Buffer.from(it, 'base64'))));
  ends.set(provider, found);
  return found;
}

function validTo(certificate: string | Uint8Array): number {
  return new X509Certificate(certificate).validToDate.getTime();
}
