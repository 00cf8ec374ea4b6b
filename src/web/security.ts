import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import type { Door } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';

const NO_WORKER = "worker-src 'none'";
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  NO_WORKER,
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

export const policyFor = (formActions: readonly string[]): string =>
  [...POLICY, `form-action ${["'self'", ...formActions].join(' ')}`].join('; ');

/** Across sites `same-origin` would send `Origin: null` with a form of ours, and some applications refuse that. */
export const REFERRER_ACROSS = 'strict-origin';

/** Chromium follows `form-action` through redirects, so a sign-in's page must name where it ends. */
export function setPolicy(res: ServerResponse, formActions: readonly string[]): void {
  res.setHeader('content-security-policy', policyFor(formActions));
}

/** For a page that reckons apart from its own thread, by a script of ours. */
export function allowWorker(res: ServerResponse): void {
  const policy = String(res.getHeader('content-security-policy'));
  res.setHeader('content-security-policy', policy.replace(NO_WORKER, "worker-src 'self'"));
}

/** For the page that signs people out elsewhere, in frames. */
export function allowFrames(res: ServerResponse, origins: readonly string[]): void {
  const policy = String(res.getHeader('content-security-policy'));
  res.setHeader('content-security-policy', `${policy}; frame-src ${origins.join(' ')}`);
}

/** Security headers of every answer. */
export function headersOf(issuer: string): readonly (readonly [name: string, value: string])[] {
  return [
    ...helmets(issuer.startsWith('https:')),
    ['cache-control', 'no-store'],
    ['permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()'],
    ['content-security-policy', policyFor([])],
  ];
}

/** Sets them; pages may widen `form-action`, and some `worker-src`. */
export function headers(issuer: string): RequestHandler {
  const fixed = headersOf(issuer);
  return (_req, res, next) => {
    for (const [name, value] of fixed) res.setHeader(name, value);
    next();
  };
}

/** What helmet sets, which is the same for every answer: asked once. */
function helmets(https: boolean): [name: string, value: string][] {
  const set: [string, string][] = [];
  const handler = helmet({
    contentSecurityPolicy: false,
    hsts: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    // Not no-referrer: browsers then send `Origin: null` with our own forms, and nothing is left to check.
    referrerPolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
  });
  // Of a response it uses nothing else.
  const res = { setHeader: (name: string, value: string) => set.push([name, value]), removeHeader: () => {} };
  handler({} as IncomingMessage, res as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return set;
}

/**
 * Refuses a Host other than the issuer's: discovery would answer with it. Afterwards the scheme is the
 * issuer's, whatever a proxy said, for oidc-provider makes its addresses from these headers.
 */
export function ownHostOnly(
  issuer: string,
  doors: readonly Pick<Door, 'forPrograms' | 'programHosts'>[] = [],
): RequestHandler {
  const { host, protocol } = new URL(issuer);
  return (req, res, next) => {
    const asked = req.headers.host?.toLowerCase() ?? '';
    const alias = doors.some((door) => door.programHosts?.has(asked) && door.forPrograms?.(req.path));
    if (asked !== host && !alias) throw new SallyportError('ERR_MISDIRECTED', `Host: ${req.headers.host}`);
    if (alias) res.locals.byProgramHost = true;
    req.headers.host = host;
    delete req.headers['x-forwarded-host'];
    req.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    next();
  };
}

/**
 * Tokens that bind a form to what it belongs to, with a value that travels along. The first key makes them; each
 * checks them, so that forms stay good while the sealing key is changed.
 */
export function createCsrf(keys: readonly Uint8Array[], issuer: string) {
  const macOf = (binding: string, value: string, key = keys[0] ?? new Uint8Array()) =>
    createHmac('sha256', key).update(`csrf\0${binding}\0${value}`).digest('base64url');

  return {
    token: (binding: string, value = ''): string => `${macOf(binding, value)}.${value}`,

    /**
     * The value that the form was made with. Throws ERR_CSRF for a form that isn't this page's own,
     * ERR_INPUT for one with a field twice. `unreferred`: its page was sent with `no-referrer`, so that browsers say
     * `Origin: null` with it (Fetch Standard, "append a request Origin header").
     */
    check(req: Request, binding: string, { unreferred = false }: { unreferred?: boolean } = {}): string {
      const { origin } = req.headers;
      const site = req.headers['sec-fetch-site'];
      const nameless = unreferred && origin === 'null' && (site === undefined || site === 'same-origin');
      if (origin !== undefined && origin !== issuer && !nameless)
        throw new SallyportError('ERR_CSRF', `Origin: ${origin}`);
      if (origin === undefined && site !== undefined && site !== 'same-origin') {
        throw new SallyportError('ERR_CSRF', `Sec-Fetch-Site: ${site}`);
      }
      const token: unknown = req.body?.csrf;
      const [mac = '', value = ''] = typeof token === 'string' ? token.split('.') : [];
      const given = Buffer.from(mac);
      const made = (key: Uint8Array) => {
        const expected = Buffer.from(macOf(binding, value, key));
        return given.length === expected.length && timingSafeEqual(given, expected);
      };
      if (!keys.some(made)) {
        throw new SallyportError('ERR_CSRF', 'wrong or missing token');
      }
      // Our forms have one of each field: of two passwords another reader might take the other one.
      if (Object.values(req.body as object).some((field) => typeof field !== 'string')) {
        throw new SallyportError('ERR_INPUT', 'a field more than once');
      }
      return value;
    },
  };
}

export type Csrf = ReturnType<typeof createCsrf>;
