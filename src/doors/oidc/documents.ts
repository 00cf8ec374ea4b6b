import type { RequestHandler } from 'express';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { nameRoute } from '../../core/route-name.ts';
import { DISCOVERY, ROUTES } from './routes.ts';

/** What oidc-provider answers to everybody alike, as long as its configuration and its keys are the same. */
const ALIKE: ReadonlySet<string> = new Set([...DISCOVERY, ROUTES.jwks]);

interface Document {
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
}

const documents = new WeakMap<Provider, Map<string, Document>>();

type Asked = Pick<KoaContextWithOIDC['req'], 'method' | 'headers' | 'url'>;

/** By its path alone; whoever names an origin is answered for that (CORS). */
const isAlike = ({ method, headers, url = '' }: Asked): boolean =>
  method === 'GET' && headers.origin === undefined && ALIKE.has(url);

/** Keeps such an answer as oidc-provider makes it the first time: with other keys there is another provider, and nothing of this. */
export function keepDocuments(provider: Provider) {
  const kept = new Map<string, Document>();
  documents.set(provider, kept);
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const before = new Set(ctx.res.getHeaderNames());
    await next();
    const { req, res } = ctx;
    if (!isAlike(req) || ctx.status !== 200 || res.hasHeader('set-cookie')) return;
    const body = Buffer.from(typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body));
    const added = res.getHeaderNames().filter((name) => !before.has(name));
    const headers = added.map((name) => [name, String(res.getHeader(name))] as const);
    kept.set(req.url ?? '', { headers: [...headers, ['content-length', String(body.length)]], body });
  };
}

/** Answers what was kept; all else goes on. */
export function answerDocuments(provider: () => Provider): RequestHandler {
  return (req, res, next) => {
    const document = isAlike(req) ? documents.get(provider())?.get(req.url) : undefined;
    if (document === undefined) return next();
    nameRoute(res, req.url);
    for (const [name, value] of document.headers) res.setHeader(name, value);
    res.end(document.body);
  };
}
