import type { KeyAlgorithm } from '../../core/keyring.ts';
import type { OidcSettings } from './application.ts';
import type { Backchannel } from './backchannel/index.ts';
import type { OidcPorts } from './ports.ts';
import type { RegisteredClients } from './registration/store.ts';
import type { SessionAdapter } from './sessions.ts';
import type { Subjects } from './subjects.ts';

/** What a provider is made of, beside its keys. */
export interface ProviderParts {
  settings: OidcSettings;
  ports: OidcPorts;
  sessions: SessionAdapter;
  subjects: Subjects;
  registered: RegisteredClients;
  backchannel: Backchannel;
  /** Those that there are keys of. */
  algorithms: readonly KeyAlgorithm[];
  /** 32 bytes, every node's the same: DPoP nonces are made of it (RFC 9449 section 8). */
  nonceSecret: Buffer;
}
