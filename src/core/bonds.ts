import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';

/**
 * What binds a thing that leaves a browser and comes back to it (a sign-in, another door's request, a logout's round,
 * an answer from elsewhere) to that browser. Its address passes through the browser and can be handed on, and
 * another host of the domain can plant cookies: so each thing has a cookie that only this host can set, and whoever
 * keeps the thing keeps the cookie's hash with it. Tabs that are opened together don't meet: the cookie is the
 * thing's own.
 */
export interface Bonds {
  /**
   * Binds what is kept under this random id to the browser that is being answered. `keep` keeps it, together with the
   * hash that it is given; only then does the browser get its cookie. A browser has a bounded number of bonds: with
   * one more the oldest goes. `kind`: of `[a-z-]`, read by people in the cookie's name. `lifetime`: milliseconds.
   */
  make<T>(
    exchange: Exchange,
    kind: string,
    id: string,
    lifetime: number,
    keep: (hash: string) => Promise<T>,
  ): Promise<T>;
  /** Whether this browser is the one that what is kept under the id was bound to. Without `kept` it never is. */
  hold(req: IncomingMessage, kind: string, id: string, kept: string | undefined): boolean;
  /** The hashes of all bonds of a kind that this browser holds, the newest first: for what no address names. */
  held(req: IncomingMessage, kind: string): string[];
  /** What was bound is over: its cookie goes. */
  end(exchange: Pick<Exchange, 'res'>, kind: string, id: string): void;
}

/**
 * What is kept here while its browser is on its way: each under a random id, bound to that browser, in the store for
 * what expires. To any other browser it isn't there, and stays where it is.
 */
export interface Deposits {
  /** Keeps a value, up to 1 MiB of text, on the account of the browser's address; answers its id. Throws TooManyError. `kind` and `lifetime` as those of `Bonds`. */
  put(exchange: Exchange, kind: string, value: string, lifetime: number): Promise<string>;
  /** The same of a value that has to know its id. Where none is made of it, nothing is kept. */
  make(
    exchange: Exchange,
    kind: string,
    make: (id: string) => Promise<string | undefined>,
    lifetime: number,
  ): Promise<void>;
  /** Takes it: of any number of callers one gets it. */
  take(exchange: Exchange, kind: string, id: unknown): Promise<string | undefined>;
  /** Looks at it; it stays. */
  look(exchange: Pick<Exchange, 'req'>, kind: string, id: unknown): Promise<string | undefined>;
  /** Looks at it for anybody: what is told of it must be harmless to whoever knows the id. */
  peek(kind: string, id: unknown): Promise<string | undefined>;
}
