import type { z } from 'zod';
import type { Reported } from './reported.ts';

/** A factor's own app, and what it calls: data, which the web layer mounts. */
export interface FactorRoutes {
  /** All of it lies below this path at the issuer: the app's files at `<base>/`. */
  readonly base: `/${string}`;
  /** An origin of the app's own, as `https://app.example`: its files are served there, at `/`, and no longer at the issuer. */
  readonly origin?: string;
  readonly files?: AppFiles;
  readonly routes: readonly FactorRoute[];
}

/** `headers`: of each of them. */
export interface AppFiles {
  readonly folder: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** What it takes of the pages', as `sallyport.css`, by the name below `/assets/`: served among its own files. */
  readonly assets?: readonly string[];
}

/** `who: 'none'`: no session and no cookie; whoever calls is known by what the body proves, if at all. */
export interface FactorRoute<B = unknown> {
  readonly method: 'GET' | 'POST';
  /** Below `base`. */
  readonly path: `/${string}`;
  readonly who: 'none';
  /** Any origin may call it and read the answer. */
  readonly cors: boolean;
  /** Shape of the JSON body of a POST, of at most 8 KiB; anything else is answered 400 before `handle`. */
  readonly body?: z.ZodType<B>;
  /** Calls in a minute from one address, which a campus may share; 600 by default. */
  readonly perMinute?: number;
  handle(call: RouteCall<B>): Promise<RouteResult>;
}

/** `address`: what requests from it are counted under. */
export interface RouteCall<B = unknown> {
  body: B;
  address: string;
}

export type RouteAnswer =
  | { json: unknown; status?: number; retryAfter?: number }
  | { status: 204 }
  | { redirect: string };

/** "No, it's not me", said on an owner's device: it is in force before anything is answered. */
export interface Reporting {
  report: { account: string; about: Reported };
  done(): Promise<RouteAnswer>;
  /** It couldn't be made: the same may be said again. */
  failed(): Promise<void>;
}

/** What is to happen: the web layer carries it out. */
export type RouteResult = RouteAnswer | Reporting;
