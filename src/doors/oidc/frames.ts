import type { Provider } from 'oidc-provider';
import type { OidcPorts } from './ports.ts';

/** Where a frame tells an application that its session is over. */
export interface Frame {
  application: string;
  address: string;
}

/** Frames on one page: the person waits for them, and each is a page of somebody else's. */
export const MOST_FRAMES = 10;

/** What oidc-provider keeps of a client without knowing it (OpenID Connect Front-Channel Logout 1.0 section 2). */
export const FRONT_CHANNEL = ['frontchannel_logout_uri', 'frontchannel_logout_session_required'] as const;

/** In its ID tokens a client that is told by a frame finds the `sid` that the frame will name (section 3 there). */
export function includeSids({ Client }: Provider): void {
  const client = Client.prototype as unknown as { includeSid(): boolean; frontchannel_logout_uri?: string };
  const own = client.includeSid;
  client.includeSid = function includeSid(this: typeof client) {
    return this.frontchannel_logout_uri !== undefined || own.call(this);
  };
}

/** Those of these applications that know nothing but front-channel logout, with `iss` and `sid` (section 3). */
export async function framesOf(
  provider: Provider,
  { issuer, log }: Pick<OidcPorts, 'issuer' | 'log'>,
  applications: readonly [application: string, sid: string][],
): Promise<Frame[]> {
  const found = await Promise.all(
    applications.map(async ([application, sid]): Promise<Frame | undefined> => {
      const client = await provider.Client.find(application).catch((err: unknown) => {
        log.error({ err, application }, 'an application could not be found at a logout');
      });
      const uri = client?.frontchannel_logout_uri;
      if (!client || client.backchannelLogoutUri || typeof uri !== 'string') return undefined;
      const url = new URL(uri);
      url.searchParams.append('iss', issuer);
      url.searchParams.append('sid', sid);
      return { application, address: url.href };
    }),
  );
  return found.filter((it) => it !== undefined);
}
