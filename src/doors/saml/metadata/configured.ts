import type { Application } from '../../../core/application.ts';
import type { DoorPorts } from '../../../core/door.ts';
import type { MetadataPorts } from '../../../saml/index.ts';
import type { SamlApplication } from '../settings.ts';

/** An application of this door, as it is configured. */
export type ConfiguredApplication = Application & { settings: SamlApplication };

/** What sources need, and where a move is written down before it is told. */
export type RegistryPorts = Omit<MetadataPorts, 'about'> & Pick<DoorPorts, 'audit'>;
