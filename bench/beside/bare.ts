import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { verify } from '@node-rs/argon2';
import { Redis } from 'ioredis';
import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider';
import { SECRETS } from '../../test/support/configuration.ts';
import { HASHED } from '../../test/support/newcomer.ts';

/** oidc-provider as its documentation has it, with a page for the password, and one command for each adapter call. */
const [port = '', redisUrl = '', callback = ''] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const redis = new Redis(redisUrl, { keyPrefix: 'bare:' });
// At the end of a run it goes before this process does.
redis.on('error', () => {});
const CONSUMED = new Set(['AuthorizationCode', 'RefreshToken']);

class PlainAdapter implements Adapter {
  readonly #kind: string;
  constructor(kind: string) {
    this.#kind = kind;
  }
  #key = (id: string) => `${this.#kind}:${id}`;

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    if (payload.uid && this.#kind === 'Session') await redis.set(`uid:${payload.uid}`, id, 'EX', expiresIn);
    await redis.set(this.#key(id), JSON.stringify(payload), 'EX', expiresIn);
  }
  async find(id: string): Promise<AdapterPayload | undefined> {
    if (!CONSUMED.has(this.#kind)) return read(await redis.get(this.#key(id)));
    const [record, consumed] = await redis.mget(this.#key(id), `${this.#key(id)}:consumed`);
    const payload = read(record);
    return payload && consumed ? { ...payload, consumed: Number(consumed) } : payload;
  }
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const id = await redis.get(`uid:${uid}`);
    return id === null ? undefined : this.find(id);
  }
  async findByUserCode(): Promise<undefined> {}
  async consume(id: string): Promise<void> {
    await redis.set(`${this.#key(id)}:consumed`, Math.floor(Date.now() / 1000), 'EX', 86_400);
  }
  async destroy(id: string): Promise<void> {
    await redis.del(this.#key(id));
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    await redis.del(`Grant:${grantId}`);
  }
}

const read = (text: string | null | undefined): AdapterPayload | undefined => (text ? JSON.parse(text) : undefined);

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const provider = new Provider(issuer, {
  adapter: PlainAdapter,
  clients: [
    {
      client_id: 'library',
      client_secret: SECRETS.library,
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email',
    },
  ],
  claims: { profile: ['name', 'preferred_username'], email: ['email'] },
  cookies: { keys: ['a key of the bench alone'] },
  features: { devInteractions: { enabled: false }, introspection: { enabled: true }, userinfo: { enabled: true } },
  findAccount: async (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub, name: sub }) }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  issueRefreshToken: async () => true,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' } as never] },
  async loadExistingGrant(ctx) {
    const { client, session, provider: of } = ctx.oidc;
    const known = session?.grantIdFor(client?.clientId ?? '');
    if (known) return of.Grant.find(known);
    const grant = new of.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
  rotateRefreshToken: false,
  routes: { authorization: '/authorize', introspection: '/introspect', token: '/token', userinfo: '/userinfo' },
  scopes: ['openid', 'profile', 'email'],
});

const callbackOf = provider.callback();
const page = (uid: string) =>
  `<!doctype html><form method="post" action="/interaction/${uid}"><input name="username"><input type="password" name="password"><button>Go on</button></form>`;

async function interact(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { uid } = await provider.interactionDetails(req, res);
  if (req.method === 'GET') {
    res.setHeader('content-type', 'text/html').end(page(uid));
    return;
  }
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => void chunks.push(chunk));
  await once(req, 'end');
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  if (!(await verify(HASHED, form.get('password') ?? ''))) throw new Error('a wrong password');
  await provider.interactionFinished(req, res, { login: { accountId: form.get('username') ?? '' } });
}

createServer((req, res) => {
  if (!req.url?.startsWith('/interaction/')) return void callbackOf(req, res);
  interact(req, res).catch((error: unknown) => {
    res.statusCode = 500;
    res.end(String(error));
  });
}).listen(Number(port), 'localhost', () => process.send?.('ready'));
