import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Response } from 'express';
import type { AccountsRoom, WatchTrouble } from '../accounts/index.ts';
import type { AssuranceRoom } from '../assurance/index.ts';
import type { Applications } from '../core/application.ts';
import type { Bonds, Deposits } from '../core/bonds.ts';
import type { AuditPort, Core, Door, LogPort } from '../core/door.ts';
import type { HouseRoute } from '../core/house.ts';
import type { Rule } from '../core/policy.ts';
import type { Consequences, ProgramRoutes } from '../core/program.ts';
import type { Leaving } from '../core/redirect.ts';
import type { FactorRoutes } from '../core/route.ts';
import type { DurableStore, EphemeralStore } from '../core/store.ts';
import type { Trouble } from '../core/trouble.ts';
import type { Redirects } from '../core/upstream.ts';
import type { HelpDeskRoom } from '../help-desk/index.ts';
import type { LockoutRoom } from '../lockout/index.ts';
import type { MethodsRoom } from '../methods/index.ts';
import type { ReportsRoom } from '../reports/index.ts';
import type { ResetRoom } from '../reset/index.ts';
import type { SignInRoom } from '../sign-in/index.ts';
import type { StatisticsRoom } from '../statistics/index.ts';
import type { ApiSettings } from './api/clients.ts';
import type { Assets } from './assets.ts';
import type { I18n } from './i18n.ts';
import type { PageName, Pages } from './models.ts';
import type { FetcherNeeds } from './pictures/fetcher.ts';
import type { RenderContext, Renderer } from './render.ts';
import { allowWorker } from './security.ts';
import type { Streams } from './streams.ts';
import { turnOf } from './whose-turn.ts';

/** What pages do is done in these. */
export type WebRooms = LockoutRoom &
  AccountsRoom &
  AssuranceRoom &
  MethodsRoom &
  SignInRoom &
  ReportsRoom &
  ResetRoom &
  HelpDeskRoom &
  StatisticsRoom;

/** All that a page is made with: it stands before anything does that answers for it. */
export interface Rendering {
  renderer: Renderer;
  /** The page `form-post`, composed by parts. */
  formPost(model: Pages['form-post'], context: RenderContext): string;
  issuer: string;
}

/** Runs around each request, whoever answers it. */
export type Watched = (req: IncomingMessage, res: ServerResponse, run: () => void) => void;

/** What the web layer is given by the composition root. */
export interface WebDeps extends WebRooms, Rendering {
  /** Sees each request first, and its end. */
  observed: Watched;
  /** Rejects with ERR_STORE_UNAVAILABLE where another process may be this node by now. */
  held(): Promise<void>;
  /** Requests that are answered at once, at most. */
  overload: { requests: number };
  /** Told of each request that there was no room for. */
  shed(what: 'request'): void;
  trustedProxies: readonly string[];
  /** Header in which they pass on a client's certificate, in lower case. */
  clientCertificateHeader?: string;
  /** Names of the configured networks that an address belongs to. */
  networksOf(ip: string): readonly string[];
  /** Where on earth an address may be, in a language; undefined where nobody knows. */
  locate(ip: string, locale: string): { city?: string; country: string } | undefined;
  /** Networks whose machines are shared. */
  sharedNetworks: ReadonlySet<string>;
  /** Reaches public addresses, and what the operator allows. */
  fetch: FetcherNeeds['fetch'];
  i18n: I18n;
  assets: Assets;
  core: Core;
  doors: readonly Pick<Door, 'forPrograms' | 'handler' | 'ownSessions' | 'plain' | 'programHosts' | 'visits'>[];
  /** What binds a thing to the browser that it was made for. */
  bonds: Bonds;
  /** What is kept while its browser is on its way. */
  deposits: Deposits;
  /** Who sends people to another page and takes them back, by the name that openings have. */
  leaving: readonly { source: string; leaving: Leaving }[];
  /** Of those the ones that people come from. */
  upstreams: readonly { directory: string; redirects: Redirects }[];
  /** Open pages that wait for an answer from elsewhere. */
  streams: Streams;
  /** What factors' own apps call, and the apps. */
  routes: readonly { factor: string; routes: FactorRoutes }[];
  /** What programs call that a directory answers; `follow` carries out what that leads to. */
  programs: readonly {
    directory: string;
    routes: ProgramRoutes;
    follow(consequences: Consequences, facts: Readonly<Record<string, string>> & { by: string }): Promise<void>;
  }[];
  /** What the houses behind directories call, below a path of each. */
  houses: readonly { directory: string; base: string; routes: readonly HouseRoute[]; redirects?: Redirects }[];
  /** Documents at fixed addresses: path and JSON. */
  published: readonly { path: string; body: unknown }[];
  applications: Applications;
  /** What keeps applications from working, or soon will. */
  troubles(): Promise<readonly Trouble[]>;
  /** Why whoever leaves a directory isn't out, or may not be soon. */
  directoryTroubles(): Promise<readonly WatchTrouble[]>;
  rules: readonly Rule[];
  trustedDevices: { lifetime: number };
  durable: DurableStore;
  ephemeral: EphemeralStore;
  audit: AuditPort;
  log: LogPort;
  /** Programs that may call; none, and there is no such address. */
  api?: ApiSettings;
  /** Key of the CSRF tokens, 32 bytes. */
  csrfKeys: readonly Uint8Array[];
  now(): number;
  random(bytes: number): Uint8Array;
}

/** What the middlewares leave for the handlers. */
export interface Locals {
  browser: import('../core/browser.ts').Browser;
  /** The certificate that was shown with the connection: read where somebody asks. */
  certificate?(): import('node:crypto').X509Certificate | undefined;
  /** By another host than the issuer's, as doors let programs. */
  byProgramHost?: boolean;
  locale: string;
  /** Path and query to come back to after the language was switched. */
  path?: string;
  /** Where the page can be loaded anew; absent where another site sent the form. */
  again?: string;
  /** The language, where more is known of what is wanted; a choice made in this browser still comes first. */
  speak(hints: { account?: string; uiLocales?: readonly string[] }): string;
  /** `desk`: of the help desk, whose pages the header then leads to. */
  person?: { name: string; desk?: true };
}

export function localsOf(res: Pick<Response, 'locals'>): Locals {
  return res.locals as Locals;
}

/** Ids in addresses are half of a key; the log keeps neither them nor any query. */
export function loggable(path: string): string {
  return path.replace(/^\/(sign-in|authorize)\/[^/]+/, '/$1/*');
}

/** Sends a page. */
export function send<N extends PageName>(
  rendering: Rendering,
  res: Response,
  page: N,
  model: Pages[N],
  status = 200,
): void {
  if (page === 'new-password') allowWorker(res);
  res
    .status(status)
    .type('html')
    .send(html(rendering, res, page, model));
}

/** A page for whoever asked, in their language. */
export function html<N extends PageName>(
  { renderer, formPost, issuer }: Rendering,
  res: Pick<Response, 'locals'>,
  page: N,
  model: Pages[N],
): string {
  const { browser, locale, path, again, person } = localsOf(res);
  const context: RenderContext = {
    locale,
    reference: browser.reference,
    ...(path === undefined ? {} : { path }),
    ...(person ? { account: person, signOut: '/logout' } : {}),
  };
  if (page === 'form-post') return formPost(model as Pages['form-post'], context);
  if (page === 'error') {
    const { key } = model as Pages['error'];
    return renderer.html(page, { ...model, ...turnOf(key, again, issuer) }, context);
  }
  return renderer.html(page, model, context);
}

/** A length of time as pages state it. */
export function spanOf(milliseconds: number): { amount: number; unit: 'days' | 'hours' | 'minutes' } {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  if (minutes % 1440 === 0) return { amount: minutes / 1440, unit: 'days' };
  if (minutes % 60 === 0) return { amount: minutes / 60, unit: 'hours' };
  return { amount: minutes, unit: 'minutes' };
}
