import { makeKeys } from '../../../demo/service-provider/keys.ts';
import { PyProcess, written } from './process.ts';

export interface Sent {
  id: string;
  url: string;
  /** A form's page, by POST. */
  page?: string;
}

export interface PyNameId {
  value: string;
  format: string;
  nameQualifier: string | null;
  spNameQualifier: string | null;
}

export interface PySignedIn {
  nameId: PyNameId;
  attributes: Record<string, string[]>;
  /** By the names that pysaml2 knows. */
  known: Record<string, string[]>;
  authnContextClassRef: string;
  authnInstant: string;
  sessionIndex: string;
  encrypted: boolean;
}

export interface PyOptions {
  /** For keys and metadata. */
  folder: string;
  entityId: string;
  acs: string;
  slo: string;
}

/** A service provider on pysaml2. */
export class PyServiceProvider extends PyProcess {
  private constructor() {
    super('sp.py');
  }

  static async start({ folder, ...about }: PyOptions): Promise<PyServiceProvider> {
    const { signing, encryption } = await makeKeys();
    const paths = written(folder, {
      key: signing.privateKey,
      certificate: signing.certificate,
      encryptionKey: encryption.privateKey,
      encryptionCertificate: encryption.certificate,
    });
    const started = new PyServiceProvider();
    await started.order('configure', { ...about, ...paths });
    return started;
  }
}
