import { createHash } from 'node:crypto';
import { Client, type Reply } from './client.ts';
import type { CookieJar } from './cookies.ts';
import { type Gateway, SECRETS } from './gateway.ts';

/** An issuer as installations have it: only under https have cookies their prefixes. */
export const ISSUER = 'https://idp.university.example';
/** Another host of the same domain, in other hands. */
export const SIBLING = new URL('https://blog.university.example/');

const VERIFIER = 'v'.repeat(43);

/** A browser at a gateway behind what ends TLS. It stops where it would leave the gateway: at the reply's `location`. */
export class FrontedClient extends Client {
  constructor({ url }: Pick<Gateway, 'url'>, jar?: CookieJar) {
    super({ carried: { [ISSUER]: url }, ...(jar ? { jar } : {}) });
  }

  override follow(reply: Reply, stop: (next: URL) => boolean = () => false): Promise<Reply> {
    return super.follow(reply, (next) => next.origin !== ISSUER || stop(next));
  }
}

/** Address of an authorization request of one of the demo's applications. */
export function authorization(
  { relyingParty }: Pick<Gateway, 'relyingParty'>,
  application: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const challenge = createHash('sha256').update(VERIFIER).digest('base64url');
  const query = new URLSearchParams({
    ...{ client_id: application, response_type: 'code', scope: 'openid' },
    redirect_uri: `${relyingParty}/${application}/callback`,
    ...{ code_challenge: challenge, code_challenge_method: 'S256', state: 's', ...more },
  });
  return `${ISSUER}/authorize?${query}`;
}

/** Who came back to the application with a code: the subject of the ID token; undefined where there is no code. */
export async function subjectOf(gateway: Gateway, { location }: Reply): Promise<string | undefined> {
  const code = location?.searchParams.get('code');
  if (!code || location === undefined) return undefined;
  const application = location.pathname.split('/')[1] as keyof typeof SECRETS;
  const basic = Buffer.from(`${application}:${SECRETS[application]}`).toString('base64');
  const reply = await new FrontedClient(gateway).post(
    `${ISSUER}/token`,
    {
      ...{ grant_type: 'authorization_code', code, code_verifier: VERIFIER },
      redirect_uri: `${location.origin}${location.pathname}`,
    },
    { headers: { authorization: `Basic ${basic}`, origin: undefined } },
  );
  const [, payload = ''] = String((reply.json() as { id_token?: string }).id_token).split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).sub;
}

/**
 * What a sibling host can do to a browser: sets these cookies for the whole domain, below each path, with the names
 * that they have and the ones that they would have without a prefix. The browser's own rules decide what it takes.
 */
export function toss(jar: CookieJar, cookies: CookieJar, ...paths: string[]): void {
  for (const { name, value } of cookies.all()) {
    const bare = name.replace(/^__(?:Host|Secure)-/, '');
    for (const one of new Set([name, bare, `__Secure-${bare}`])) {
      for (const path of paths) {
        jar.store(SIBLING, [`${one}=${value}; Domain=university.example; Path=${path}; Secure`]);
      }
    }
  }
}
