import { makeKeys } from '../../../demo/service-provider/keys.ts';
import { PyProcess, written } from './process.ts';

export interface PyProviderOptions {
  /** For keys. */
  folder: string;
  entityId: string;
  sso: string;
  /** `shibmd:Scope`. */
  scope: string;
}

export interface PyAnswered {
  /** Base64. */
  response: string;
  destination: string;
  force: string | null;
  classes: string[];
}

/** An identity provider on pysaml2 and xmlsec1, which share no code with ours. */
export class PyIdentityProvider extends PyProcess {
  private constructor() {
    super('idp.py');
  }

  static async start({ folder, ...about }: PyProviderOptions): Promise<PyIdentityProvider> {
    const { signing } = await makeKeys();
    const paths = written(folder, { key: signing.privateKey, certificate: signing.certificate });
    const started = new PyIdentityProvider();
    await started.order('configure', { ...about, ...paths });
    return started;
  }
}
