import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { PlainAddress, PlainAnswer } from '../../core/plain.ts';
import { DISCOVERY, ROUTES } from './routes.ts';

/** What oidc-provider answers to everybody alike, as long as its configuration and its keys are the same. */
const ALIKE: ReadonlySet<string> = new Set([...DISCOVERY, ROUTES.jwks]);

const documents = new WeakMap<Provider, Map<string, PlainAnswer>>();

type Asked = Pick<KoaContextWithOIDC['req'], 'method' | 'headers' | 'url'>;

/** By its path alone; whoever names an origin is answered for that (CORS). */
const isAlike = ({ method, headers, url = '' }: Asked): boolean =>
  method === 'GET' && headers.origin === undefined && ALIKE.has(url);

/** Keeps such an answer as oidc-provider makes it the first time: with other keys there is another provider, and nothing of this. */
export function keepDocuments(provider: Provider) {
  const kept = new Map<string, PlainAnswer>();
  documents.set(provider, kept);
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const { req, res } = ctx;
    if (!isAlike(req)) return void (await next());
    const before = new Set(res.getHeaderNames());
    await next();
    if (ctx.status !== 200 || res.hasHeader('set-cookie')) return;
    const body = Buffer.from(typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body));
    const added = res.getHeaderNames().filter((name) => !before.has(name));
    const headers = added
      .filter((name) => name !== 'content-length')
      .flatMap((name) => [name, String(res.getHeader(name))]);
    kept.set(req.url ?? '', { headers, body });
  };
}

/** Answers what was kept. */
export function plainDocuments(provider: () => Provider): PlainAddress[] {
  return [...ALIKE].map((path) => ({
    path,
    method: 'GET',
    answer: ({ headers }) => (headers.origin === undefined ? documents.get(provider())?.get(path) : undefined),
  }));
}
