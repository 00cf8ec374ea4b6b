import type { Compiled } from './compile.ts';
import { ClaimFault, MetadataFault, reasonOf } from './fault.ts';
import type { Refusal } from './parse.ts';
import type { Failure, MetadataPorts, SourceHealth } from './ports.ts';

/** How many refusals one line of the log tells in full. */
const TOLD = 20;
/** Reasons that are audited between two successes. */
const MOST_REASONS = 100;

/** Keeps how the source of `owner` stands, and tells log and audit. */
export function createStatus(
  { owner, kind, location }: Pick<SourceHealth, 'kind' | 'location'> & { owner: string },
  { now, log, audit, about }: Pick<MetadataPorts, 'now' | 'log' | 'audit' | 'about'>,
) {
  let lastSuccess: number | undefined;
  let lastFailure: SourceHealth['lastFailure'];
  let failure: Failure | undefined;
  let refusals: readonly Refusal[] = [];
  /** Told to the audit since the last success. */
  const told = new Set<string>();
  const whose = about(owner);
  return {
    succeeded(): void {
      lastSuccess = now();
      failure = undefined;
      told.clear();
    },
    /** `change`: what was there before was something else, or was elsewhere. */
    loaded({ count, others, refused, refusedCount }: Omit<Compiled, 'bytes'>, change = true): void {
      const facts = { ...whose, location, providers: count, others, refused: refusedCount };
      refusals = refused;
      const told = refused.slice(0, TOLD);
      if (refusedCount > 0) log.warn({ ...facts, reasons: told }, 'metadata loaded; some entities are refused');
      else log.info(facts, 'metadata loaded');
      if (change) audit.note({ event: 'metadata.loaded', ...whose, providers: count, refused: refusedCount });
    },
    /** `entityId`: where it concerns one alone. */
    failed(error: unknown, entityId?: string): void {
      const reason = reasonOf(error);
      const at = now();
      lastFailure = { at, reason };
      const lapsed = error instanceof MetadataFault ? error.lapsed : undefined;
      failure = { at, since: failure?.since ?? at, reason, ...(lapsed && { lapsed }) };
      log.error(
        { ...whose, location, ...(entityId !== undefined && { entityId }), reason },
        'metadata not loaded; what was good before stays',
      );
      // The same fault once a minute would fill the audit, which nobody can shorten.
      if (told.has(reason) || told.size >= MOST_REASONS) return;
      told.add(reason);
      if (!(error instanceof ClaimFault)) audit.note({ event: 'metadata.refused', ...whose, reason });
      else {
        const claimed = error.claimed !== undefined && { claimed: error.claimed };
        audit.note({ event: 'metadata.claim-refused', ...whose, reason, ...claimed });
      }
    },
    health(rest: Pick<SourceHealth, 'providers' | 'validUntil' | 'loadedAt'>): SourceHealth {
      return {
        ...whose,
        ...{ kind, location },
        ...rest,
        ...(lastSuccess !== undefined && { lastSuccess }),
        ...(failure !== undefined && { failure }),
        ...(lastFailure !== undefined && { lastFailure }),
        ...(refusals.length > 0 && { refused: refusals }),
      };
    },
  };
}
