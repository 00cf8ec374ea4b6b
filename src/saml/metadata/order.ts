import type { Compiled } from './compile.ts';
import { MetadataFault } from './fault.ts';

/** When a document ends, and when it was published where it says so. Epoch milliseconds. */
export type Dated = Pick<Compiled, 'validUntil' | 'publishedAt'>;

const DAY = 86_400_000;

/**
 * Whatever comes over the network ends, and not too far away: until then it can be played back, with the keys and
 * endpoints that have been withdrawn since (saml-metadata section 2.3.1).
 *
 * @throws MetadataFault for a document without end, or with one later than `longest` milliseconds from now
 */
export function refuseEndless({ validUntil }: Dated, longest: number, now: number): void {
  if (validUntil === undefined) throw new MetadataFault('it has no validUntil: it could be played back for ever');
  if (validUntil - now > longest) {
    throw new MetadataFault(
      `it is valid until ${iso(validUntil)}, longer than maxValidity (${Math.round(longest / DAY)} days) allows`,
    );
  }
}

/**
 * An earlier document bears a good signature too. Which one is the earlier says `mdrpi:PublicationInfo` where both have
 * it, whatever their ends: a federation may shorten those. Without it the ends must do, while one is in force.
 *
 * @throws MetadataFault for a document that is older than the one held
 */
export function refuseOlder(fresh: Dated, held: Dated | undefined, now: number): void {
  if (held === undefined) return;
  if (fresh.publishedAt !== undefined && held.publishedAt !== undefined) {
    if (fresh.publishedAt >= held.publishedAt) return;
    throw older(`was published on ${iso(fresh.publishedAt)}, before what is held (${iso(held.publishedAt)})`);
  }
  if (held.validUntil === undefined || held.validUntil <= now) return;
  if (fresh.validUntil !== undefined && fresh.validUntil >= held.validUntil) return;
  const until = fresh.validUntil === undefined ? 'has no validUntil' : `is valid until ${iso(fresh.validUntil)}`;
  throw older(`${until}, earlier than what is held (${iso(held.validUntil)})`);
}

const older = (how: string): MetadataFault => new MetadataFault(`it ${how}: an old copy`);

const iso = (at: number): string => new Date(at).toISOString();
