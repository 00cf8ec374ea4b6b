import type { Entity, Role, ServiceProvider } from '../model.ts';
import { type Element, NS } from '../xml/library.ts';
import { entityIdOf } from './entity.ts';
import { MetadataFault, reasonOf } from './fault.ts';
import { extensionsOf } from './read.ts';
import { ROLES, roleOf } from './roles.ts';
import { parseDuration, parseInstant } from './times.ts';

const MOST_ENTITIES = 100_000;
const DEEPEST = 20;

export interface Refusal {
  entityId?: string;
  /** A sentence. */
  reason: string;
}

/** What a metadata document says of entities in one role; times are epoch milliseconds, durations milliseconds. */
export interface Parsed {
  accepted: ServiceProvider[];
  refused: Refusal[];
  /** Entities that don't have the role, or not for SAML 2.0. */
  others: number;
  /** Of the document itself. */
  validUntil?: number;
  /** By its `mdrpi:PublicationInfo`; a moment that is still to come says nothing. */
  publishedAt?: number;
  /** The shortest of the document and of all that it holds. */
  cacheDuration?: number;
}

/** Told each entity as it is found, so that nobody needs to hold all of them. */
export type OnEntity = (entity: Entity) => void;

/**
 * Reads the service providers of an `EntityDescriptor` or `EntitiesDescriptor`, nested as it may be (saml-metadata section 2.3). What is
 * wrong with one entity refuses that one.
 *
 * @throws MetadataFault if the document is no metadata, or its `validUntil` has passed
 */
export function parseMetadata(root: Element, now: number): Parsed {
  const accepted: ServiceProvider[] = [];
  const rest = readMetadata(root, now, 'sp', (provider) => accepted.push(provider as ServiceProvider));
  return { accepted, ...rest };
}

/** The same of any role, one entity after the other. */
export function readMetadata(root: Element, now: number, role: Role, found: OnEntity): Omit<Parsed, 'accepted'> {
  const reader = new Reader(now, role, found);
  const validUntil = reader.until(root, undefined, root.attribute('entityID'));
  if (root.is(NS.md, 'EntityDescriptor')) reader.entity(root, undefined);
  else if (root.is(NS.md, 'EntitiesDescriptor')) reader.group(root, undefined, 0);
  else throw new MetadataFault(`it is ${root.name}, not an EntityDescriptor or EntitiesDescriptor of SAML 2.0`);
  const { refused, others, cacheDuration } = reader;
  const publishedAt = publishedOf(root, now);
  return {
    refused,
    others,
    ...(publishedAt !== undefined && { publishedAt }),
    ...(validUntil !== undefined && { validUntil }),
    ...(cacheDuration !== undefined && { cacheDuration }),
  };
}

/** How far the clock of whoever publishes may be off, milliseconds. */
const SKEW = 3_600_000;

/** SAML metadata extensions for registration and publication information, section 2.2. */
function publishedOf(root: Element, now: number): number | undefined {
  const [info] = extensionsOf(root, NS.mdrpi, 'PublicationInfo');
  const at = parseInstant(info?.attribute('creationInstant') ?? '');
  return at <= now + SKEW ? at : undefined;
}

class Reader {
  readonly refused: Refusal[] = [];
  others = 0;
  cacheDuration: number | undefined;
  readonly #now: number;
  readonly #role: Role;
  readonly #found: OnEntity;
  readonly #seen = new Set<string>();
  #entities = 0;

  constructor(now: number, role: Role, found: OnEntity) {
    this.#now = now;
    this.#role = role;
    this.#found = found;
  }

  group(element: Element, above: number | undefined, depth: number): void {
    if (depth > DEEPEST) throw new MetadataFault(`its groups are nested more than ${DEEPEST} deep`);
    const until = this.until(element, above);
    for (const child of element.children()) {
      if (child.is(NS.md, 'EntityDescriptor')) this.entity(child, until);
      else if (child.is(NS.md, 'EntitiesDescriptor')) this.#nested(child, until, depth + 1);
    }
  }

  /** An expired group refuses what it holds, not what stands beside it. */
  #nested(element: Element, above: number | undefined, depth: number): void {
    try {
      this.group(element, above, depth);
    } catch (error) {
      if (depth > 1) throw error;
      this.refused.push({ reason: `a group of entities: ${reasonOf(error)}` });
    }
  }

  entity(element: Element, above: number | undefined): void {
    if (++this.#entities > MOST_ENTITIES) throw new MetadataFault(`it has more than ${MOST_ENTITIES} entities`);
    const role = roleOf(element, this.#role);
    if (role === undefined) {
      this.others++;
      return;
    }
    let entityId: string | undefined;
    try {
      entityId = entityIdOf(element);
      const read = this.#read(element, role, entityId, above);
      if (this.#seen.has(entityId)) throw new MetadataFault('its entityID stands here twice');
      this.#seen.add(entityId);
      this.#found(read);
    } catch (error) {
      this.refused.push({ ...(entityId !== undefined && { entityId }), reason: reasonOf(error) });
    }
  }

  #read(element: Element, role: Element, entityId: string, above: number | undefined): Entity {
    const until = this.until(role, this.until(element, above));
    return ROLES[this.#role].read(element, role, entityId, until);
  }

  /** The earlier of this element's `validUntil` and the one above it; notes `cacheDuration` on the way. */
  until(element: Element, above: number | undefined, entityId?: string): number | undefined {
    this.#note(element);
    const text = element.attribute('validUntil');
    if (text === undefined) return above;
    const until = parseInstant(text);
    if (Number.isNaN(until)) throw new MetadataFault(`validUntil is no instant: ${text.slice(0, 40)}`);
    if (until <= this.#now) {
      const lapsed = { at: until, ...(entityId !== undefined && { entityId }) };
      throw new MetadataFault(`it was valid until ${text.trim()}`, { lapsed });
    }
    return above === undefined ? until : Math.min(until, above);
  }

  #note(element: Element): void {
    const text = element.attribute('cacheDuration');
    const duration = text === undefined ? undefined : parseDuration(text);
    if (duration === undefined) return;
    this.cacheDuration = Math.min(duration, this.cacheDuration ?? Number.POSITIVE_INFINITY);
  }
}
