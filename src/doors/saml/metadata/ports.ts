import type { Application } from '../../../core/application.ts';
import type { DoorPorts } from '../../../core/door.ts';
import type { ServiceProvider } from '../model.ts';
import type { SamlApplication } from '../settings.ts';

/** What the loading of metadata needs of the door's ports. */
export type MetadataPorts = Pick<DoorPorts, 'now' | 'random' | 'durable' | 'sealer' | 'fetch' | 'audit' | 'log'>;

/** An application of this door, as it is configured. */
export type ConfiguredApplication = Application & { settings: SamlApplication };

/** How a source stands; times are epoch milliseconds. */
export interface SourceHealth {
  /** Id of the configured application. */
  application: string;
  kind: 'file' | 'url' | 'mdq';
  /** File or address. */
  location: string;
  /** Service providers that can be used; absent for a query server. */
  providers?: number;
  validUntil?: number;
  lastSuccess?: number;
  lastFailure?: { at: number; reason: string };
}

/** Where an application's metadata comes from. */
export interface Source {
  /** Loads for the first time. What only the operator can put right is thrown as a MetadataFault; the rest is tried again. */
  start(): Promise<void>;
  /** The same object for as long as its metadata stays as it is, so that what is parsed of it can be kept with it. */
  find(entityId: string): Promise<ServiceProvider | undefined>;
  /** The service provider of metadata that has only one. */
  sole(): Promise<ServiceProvider | undefined>;
  /** Its entityID, also when it has expired. */
  soleId(): string | undefined;
  /** Grows whenever `soleId` may answer otherwise than before. */
  revision(): number;
  /** Looks now whether there is something new. Never throws: what goes wrong is logged and stands in `health`. */
  refresh(): Promise<void>;
  health(): SourceHealth;
  close(): Promise<void>;
}
