import type { AuditPort, LogPort } from '../../core/door.ts';
import type { Sealer } from '../../core/seal.ts';
import type { DurableStore } from '../../core/store.ts';
import type { Asker, Strangers } from '../../core/strangers.ts';
import type { Entity, Role, ServiceProvider } from '../model.ts';
import type { Lapsed } from './fault.ts';
import type { Holding } from './holding.ts';
import type { Refusal } from './parse.ts';

/** What it takes to fetch metadata of others, and to keep it. */
export interface MetadataPorts {
  now(): number;
  random(bytes: number): Uint8Array;
  durable: Pick<DurableStore, 'state' | 'records'>;
  /** Namespace of the copies in it, for a speaker who keeps them apart from others'. */
  namespace?: string;
  sealer: Sealer;
  /** What is read of an entity; service providers by default. Another role has a namespace of its own. */
  role?: Role;
  /** No private network but the allowed ones, no redirect. */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  audit: Pick<AuditPort, 'note'>;
  /** How log, audit and health name whom a source is for: `{ application: 'wiki' }`. */
  about(owner: string): Readonly<Record<string, string>>;
  log: LogPort;
  /** Asked before a query server is, on behalf of whoever named an entity. */
  strangers: Pick<Strangers, 'ask'>;
}

/** Throws where a document must not stand for whom its source is. */
export type Admit = (document: Pick<Holding, 'count' | 'has' | 'soleId'>) => Promise<void>;

/** How a source stands, beside whose it is; times are epoch milliseconds. */
export interface SourceHealth {
  kind: 'file' | 'url' | 'mdq';
  /** File or address. */
  location: string;
  /** Entities that can be used; absent for a query server, and where there is no metadata. */
  providers?: number;
  /** Of the document in use, and when it was loaded. */
  validUntil?: number;
  loadedAt?: number;
  lastSuccess?: number;
  /** The last one, and since when there was no success; absent where the last attempt was good. */
  failure?: Failure;
  /** The last that was, also where all is well by now. */
  lastFailure?: Pick<Failure, 'at' | 'reason'>;
  /** Entities of the document that aren't used, as many as are kept by their text. */
  refused?: readonly Refusal[];
}

export interface Failure {
  at: number;
  since: number;
  reason: string;
  /** Where what came had ended already. */
  lapsed?: Lapsed;
}

/** A document in use: another one has another digest. */
export type Whole<E extends Entity> = Pick<Holding<E>, 'digest' | 'entities' | 'validUntil'>;

/** Where metadata comes from: all that one place describes. */
export interface Source<E extends Entity = ServiceProvider> {
  /** Loads for the first time. Never throws: what can't be had is tried again. */
  start(): Promise<void>;
  /**
   * The same object for as long as its metadata stays as it is, so that what is parsed of it can be kept with it.
   * `by`: whoever named it, if that is anybody: a question that has to be asked for it is on their account.
   */
  find(entityId: string, by?: Asker): Promise<E | undefined>;
  /** What is at hand of an entity, and in force, without asking anybody. */
  held(entityId: string): E | undefined;
  /** All that is held; undefined where there is nothing, or where entities come one by one. */
  whole(): Whole<E> | undefined;
  /** When what is held of an entity ended; undefined where it is in force, or nothing is held. */
  endedAt(entityId: string): number | undefined;
  /**
   * Looks now whether there is something new. Never throws: what goes wrong is logged and stands in `health`.
   * `anew`: takes what there is now, unchanged or older than what is held.
   */
  refresh(options?: { anew?: boolean }): Promise<void>;
  health(): SourceHealth;
  close(): Promise<void>;
}
