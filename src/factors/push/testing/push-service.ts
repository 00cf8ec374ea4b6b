import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decrypt, type ReceiverKeys, receiverKeys, type Vapid, vapidOf } from './web-push.ts';

/** A message that was taken for a subscription. */
export interface Delivered {
  /** Decrypted. */
  body: string;
  /** Seconds. */
  ttl: number;
  urgency: string;
  topic?: string;
  vapid: Vapid;
}

/** A browser's subscription, and what has come for it. */
export interface Subscriber {
  /** As `PushSubscription.toJSON` has it, without `expirationTime`. */
  readonly subscription: { endpoint: string; keys: { p256dh: string; auth: string } };
  /** What was taken, the last at the end. A later one with the same topic takes the earlier one's place (RFC 8030, 5.4). */
  readonly messages: readonly Delivered[];
  /** How often anything was posted here, refused ones as well. */
  readonly posts: number;
  /** The next message that nobody has had from here yet; waits for it. */
  next(): Promise<Delivered>;
  /** Answers each message with this status from now on, as 404 or 410 of one that is over; 201 takes them again. */
  answer(status: number): void;
}

export interface PushService {
  origin: string;
  /** With the key of an application server, only that one may send here (RFC 8292, 4). */
  subscribe(applicationServerKey?: string): Subscriber;
  close(): Promise<void>;
}

/** Octets that a push service has to take at least (RFC 8030, 7.2), and this one at most. */
const MOST = 4096;

interface Kept {
  keys: ReceiverKeys;
  applicationServerKey: string | undefined;
  messages: Delivered[];
  posts: number;
  status: number;
  waiting: ((message: Delivered) => void)[];
  unread: Delivered[];
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * A push service on this machine: RFC 8030, VAPID of RFC 8292, and it opens what it is given (RFC 8291), which a
 * real one can't. What a sender does wrong is answered with 400, 401 or 403, and the reason.
 */
export async function startPushService(options: { now?: () => number } = {}): Promise<PushService> {
  const now = options.now ?? Date.now;
  const kept = new Map<string, Kept>();
  let origin = '';

  async function take(req: IncomingMessage): Promise<string> {
    const id = req.url?.replace(/^\/send\//, '') ?? '';
    const subscriber = kept.get(id);
    const body = await bodyOf(req);
    if (subscriber === undefined) throw new Refusal(404, 'no such subscription');
    subscriber.posts += 1;
    if (req.method !== 'POST') throw new Refusal(405, 'POST only');
    if (subscriber.status !== 201) throw new Refusal(subscriber.status, 'as it was told');
    deliver(subscriber, messageOf(req, body, subscriber, origin, now()));
    return `${origin}/message/${randomBytes(12).toString('base64url')}`;
  }

  const server = createServer((req, res) => {
    take(req).then(
      (location) => res.writeHead(201, { location }).end(),
      (error: Error) => res.writeHead(error instanceof Refusal ? error.status : 400).end(error.message),
    );
  });
  origin = await listen(server);

  return {
    origin,
    subscribe(applicationServerKey) {
      const id = randomBytes(16).toString('base64url');
      const keys = receiverKeys(randomBytes(16));
      const mine: Kept = {
        keys,
        applicationServerKey,
        messages: [],
        posts: 0,
        status: 201,
        waiting: [],
        unread: [],
      };
      kept.set(id, mine);
      return {
        subscription: {
          endpoint: `${origin}/send/${id}`,
          keys: { p256dh: keys.ecdh.getPublicKey('base64url'), auth: keys.auth.toString('base64url') },
        },
        messages: mine.messages,
        get posts() {
          return mine.posts;
        },
        next: () => {
          const message = mine.unread.shift();
          return message ? Promise.resolve(message) : new Promise((resolve) => mine.waiting.push(resolve));
        },
        answer: (status) => {
          mine.status = status;
        },
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function messageOf(req: IncomingMessage, body: Buffer, to: Kept, origin: string, now: number): Delivered {
  const header = (name: string): string => String(req.headers[name] ?? '');
  const vapid = authorised(req.headers.authorization, origin, now);
  if (to.applicationServerKey !== undefined && to.applicationServerKey !== vapid.key) {
    throw new Refusal(403, 'not the key that was subscribed with (RFC 8292, 4.2)');
  }
  if (!/^\d{1,10}$/.test(header('ttl'))) throw new Refusal(400, 'no TTL (RFC 8030, 5.2)');
  const urgency = header('urgency') || 'normal';
  if (!['very-low', 'low', 'normal', 'high'].includes(urgency)) throw new Refusal(400, 'Urgency (RFC 8030, 5.3)');
  const topic = req.headers.topic;
  if (topic !== undefined && !/^[\w-]{1,32}$/.test(String(topic))) throw new Refusal(400, 'Topic (RFC 8030, 5.4)');
  if (header('content-encoding') !== 'aes128gcm') throw new Refusal(400, 'Content-Encoding (RFC 8291, 4)');
  const open = decrypt(body, to.keys).toString();
  return { body: open, ttl: Number(header('ttl')), urgency, ...(topic && { topic: String(topic) }), vapid };
}

function authorised(authorization: string | undefined, origin: string, now: number): Vapid {
  try {
    return vapidOf(authorization, origin, now);
  } catch (error) {
    throw new Refusal(authorization === undefined ? 401 : 403, (error as Error).message);
  }
}

function deliver(to: Kept, message: Delivered): void {
  const same = message.topic === undefined ? -1 : to.messages.findIndex(({ topic }) => topic === message.topic);
  if (same >= 0) to.messages.splice(same, 1);
  to.messages.push(message);
  const first = to.waiting.shift();
  if (first) first(message);
  else to.unread.push(message);
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of req) {
    length += (part as Buffer).length;
    if (length > MOST) throw new Refusal(413, 'too long (RFC 8030, 7.2)');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}
