import type { FactorRoute, FactorRoutes } from '../../core/route.ts';
import type { Api } from './api.ts';
import type { Settings } from './settings.ts';
import * as wire from './wire.ts';

export const BASE = '/authenticator';

/** The app talks to every service that it holds an account of, and loads nothing from anywhere. */
export const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  // Codes are scanned with it.
  'permissions-policy': 'camera=(self), geolocation=(), microphone=(), payment=()',
  'referrer-policy': 'no-referrer',
} as const;

/** Of the pages' assets: the colours, type and controls that both are drawn with. */
export const ASSETS = ['sallyport.css'] as const;

/** Where the app is: its address ends in a slash. */
export function appAddress({ app }: Pick<Settings, 'app'>, issuer: string): string {
  return app === undefined ? `${issuer}${BASE}/` : `${app}/`;
}

export function routesOf({ app }: Pick<Settings, 'app'>, api: Api, vapid: () => string): FactorRoutes {
  const open = { who: 'none', cors: true } as const;
  const post = { ...open, method: 'POST' } as const;
  const routes = [
    { ...open, method: 'GET', path: '/api/service', handle: async () => api.service(vapid()) } satisfies FactorRoute,
    {
      ...post,
      path: '/api/register',
      body: wire.register,
      perMinute: 120,
      handle: ({ body }) => api.register(body),
    } satisfies FactorRoute<Parameters<Api['register']>[0]>,
    {
      ...post,
      path: '/api/pending',
      body: wire.pending,
      handle: ({ body }) => api.pending(body),
    } satisfies FactorRoute<Parameters<Api['pending']>[0]>,
    {
      ...post,
      path: '/api/answer',
      body: wire.answer,
      handle: ({ body }) => api.answer(body),
    } satisfies FactorRoute<Parameters<Api['answer']>[0]>,
    {
      ...post,
      path: '/api/subscription',
      body: wire.changed,
      handle: ({ body }) => api.subscription(body),
    } satisfies FactorRoute<Parameters<Api['subscription']>[0]>,
  ];
  return {
    base: BASE,
    ...(app === undefined ? {} : { origin: app }),
    files: { folder: new URL('app/', import.meta.url), headers: HEADERS, assets: ASSETS },
    // Each takes what its own schema has read.
    routes: routes as readonly FactorRoute[],
  };
}
