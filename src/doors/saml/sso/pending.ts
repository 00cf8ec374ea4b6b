import type { DoorPorts } from '../../../core/door.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { AuthnRequest } from '../../../saml/index.ts';

/** A request that waits for its person, kept here because its address passes through the browser. */
export interface Pending {
  application: string;
  /** Absent where the identity provider itself began. */
  request?: AuthnRequest;
  relayState?: string;
  /** When it came, epoch milliseconds. */
  since: number;
}

const KIND = 'saml';
const KIND_POSTED = 'saml-post';
/** A sign-in may take half an hour, a redirect to our own GET a moment. Milliseconds. */
const LIFETIME = 1_800_000;
const HANDOVER = 60_000;

/** Requests under way, each bound to the browser that brought it: with its address alone nobody takes part in it. */
export function createPending({ deposits }: Pick<DoorPorts, 'deposits'>) {
  const read = (text: string | undefined) => (text === undefined ? undefined : (JSON.parse(text) as Pending));

  return {
    /** Keeps a request until its person has signed in; answers its id. */
    put: (exchange: Exchange, pending: Pending): Promise<string> =>
      deposits.put(exchange, KIND, JSON.stringify(pending), LIFETIME),

    /** Takes it, once, in the browser that brought it. */
    take: async (exchange: Exchange, id: unknown) => read(await deposits.take(exchange, KIND, id)),

    /** Keeps a request that came by POST, from another site and so without cookies, until our own GET; answers its id. */
    handOver: (exchange: Exchange, pending: Pending): Promise<string> =>
      deposits.put(exchange, KIND_POSTED, JSON.stringify(pending), HANDOVER),

    /** Takes it, once, in the same browser. */
    takeOver: async (exchange: Exchange, id: unknown) => read(await deposits.take(exchange, KIND_POSTED, id)),

    /** Looks at it without taking it: what is told of it must be harmless to whoever knows the id. */
    peek: async (id: string) => read(await deposits.peek(KIND, id)),
  };
}

export type PendingRequests = ReturnType<typeof createPending>;
