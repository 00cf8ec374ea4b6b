import { type AdapterPayload, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Account } from '../../core/account.ts';

/** What one request of oidc-provider's has read, and has still to write. It is gone with the request: nothing outlives it. */
export interface InHand {
  /** Records that were found, by kind and id: to mark one as used it needn't be read again. */
  found: Map<string, AdapterPayload>;
  /** Accounts, as the durable store had them when the request asked. */
  accounts: Map<string, Promise<Account | undefined>>;
  /** Values that are being read before they are asked for, by key: each is given to whoever asks first. */
  ahead: Map<string, Promise<string | undefined>>;
  /** Sessions' records by uid, as they were read or written last. */
  sessions: Map<string, string>;
  /** What was left to be written with something else. */
  left: (() => Promise<unknown>)[];
}

const requests = new WeakMap<KoaContextWithOIDC, InHand>();

/** Of the request at hand; outside of oidc-provider's there is none. */
export function inHand(): InHand | undefined {
  const { ctx } = Provider;
  return ctx && inHandOf(ctx);
}

function inHandOf(ctx: KoaContextWithOIDC): InHand {
  const known = requests.get(ctx);
  if (known) return known;
  const made: InHand = { found: new Map(), accounts: new Map(), ahead: new Map(), sessions: new Map(), left: [] };
  requests.set(ctx, made);
  return made;
}

/** Leaves a write to go out with the next one that is waited for; where there is no request, it is waited for here. */
export async function leave(write: () => Promise<unknown>): Promise<void> {
  const here = inHand();
  if (here) here.left.push(write);
  else await write();
}

/** Writes, together with all that was left, and waits for all; the first that fails is thrown. */
export async function withLeft<T>(write: () => Promise<T>): Promise<T> {
  const left = inHand()?.left.splice(0) ?? [];
  const [answer] = await Promise.all([write(), ...left.map((it) => it())]);
  return answer;
}

/**
 * Runs around oidc-provider: nothing is answered while anything is left to be written. After a refusal that can be the
 * mark of a code that was presented: it is used up, whatever was wrong with the rest.
 */
export async function writeLeft(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
  await next();
  const writes = inHandOf(ctx)
    .left.splice(0)
    .map((write) => write());
  // What was refused stays so, whatever else is found out.
  await (ctx.status < 400 ? Promise.all(writes) : Promise.allSettled(writes));
}

/** Starts to read a value that will be asked for in this request, so that it comes with others. */
export function readAhead(
  key: string,
  read: (key: string) => Promise<string | undefined>,
  ctx: KoaContextWithOIDC | undefined = Provider.ctx,
): void {
  const here = ctx && inHandOf(ctx);
  if (here === undefined || here.ahead.has(key)) return;
  const value = read(key);
  // It is told to whoever asks for it, if anybody does.
  value.catch(() => undefined);
  here.ahead.set(key, value);
}

/** What was read ahead, once: whoever asks again wants to know how it is then. */
export function takeAhead(key: string): Promise<string | undefined> | undefined {
  const { ahead } = inHand() ?? {};
  const value = ahead?.get(key);
  ahead?.delete(key);
  return value;
}
