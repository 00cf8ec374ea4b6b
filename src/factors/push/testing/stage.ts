import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import type { LocalizedText } from '../../../core/account.ts';
import { type Json, type Purpose, signedText } from '../wire.ts';
import { appFile, appFiles } from './app-version.ts';

/** A request as the app is told of it. */
export interface StagedRequest {
  id: string;
  application: LocalizedText;
  username: string;
  browser: string;
  system: string;
  place?: string;
  address?: string;
  /** The application shows the number, and says this. */
  shown?: { text?: string };
  /** Milliseconds that it has from when it is asked for. */
  left: number;
}

/** What a staged service does when it is asked. */
export interface Behaviour {
  /** Answers every call with 503. */
  away: boolean;
  /** Knows no device. */
  forgotten: boolean;
  /** Knows devices as such that their owner still has to confirm. */
  unconfirmed: boolean;
  /** How far its clock is ahead, milliseconds: signed times that are off by more than five minutes are refused. */
  ahead: number;
  /** What becomes of an answer. */
  outcome: 'approved' | 'wrong-number' | 'cancelled' | 'reported' | 'gone';
  /** Refuses where messages are to go. */
  refusesEndpoints: boolean;
  requests: StagedRequest[];
}

/** What came, with a signature that held. */
export interface Received {
  path: string;
  body: Record<string, unknown>;
}

export interface Stage {
  origin: string;
  behaviour: Behaviour;
  received: Received[];
  /** Address that a phone's camera would open. `app`: where the app stands, by default here. */
  invitation(app?: string): string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** As strict as the gateway's own, with this machine's other ports as further services. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; " +
  "worker-src 'self'; connect-src 'self' http://localhost:* http://127.0.0.1:*; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'";

const SKEW = 300_000;
/** Calls of a device that the service knows. */
const SIGNED: ReadonlySet<string> = new Set(['pending', 'answer', 'subscription']);

/** The secret of RFC 6238, appendix B. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

type Body = Record<string, unknown>;
type Jwk = Record<'kty' | 'crv' | 'x' | 'y', string>;

/** A service that plays its part before the app: its pages, and calls whose signatures it checks, nothing behind them. */
export async function startStage(
  name: LocalizedText,
  account: { username: string; name: string },
  secret = SECRET,
): Promise<Stage> {
  const devices = new Map<string, Jwk>();
  const received: Received[] = [];
  const behaviour: Behaviour = {
    away: false,
    forgotten: false,
    unconfirmed: false,
    ahead: 0,
    outcome: 'approved',
    refusesEndpoints: false,
    requests: [],
  };
  const vapid = publicPoint();
  const files = new Set(appFiles());
  let origin = '';

  function holds(purpose: string, key: Jwk | undefined, body: Body): boolean {
    if (key === undefined) return false;
    const { signature, ...fields } = body;
    const signed = signedText(purpose as Purpose, origin, fields as { [name: string]: Json }) ?? '';
    const publicKey = { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
    return verify('sha256', Buffer.from(signed), publicKey, Buffer.from(String(signature), 'base64url'));
  }

  const calls: Readonly<Record<string, (body: Body) => [status: number, answer: unknown]>> = {
    service: () => [200, { issuer: origin, name, vapid, locales: ['en', 'zh-Hant', 'zh-Hans'] }],
    register: (body) => {
      if (behaviour.outcome === 'gone') return [410, { error: 'gone' }];
      const device = `device-${devices.size + 1}`;
      devices.set(device, body.key as Jwk);
      const codes = { secret, digits: 6, period: 30, algorithm: 'SHA1' };
      return [201, { device, account, codes }];
    },
    pending: (body) => {
      const now = Date.now() + behaviour.ahead;
      if (Math.abs(Number(body.at) - now) > SKEW) return [400, { error: 'clock', now }];
      if (behaviour.unconfirmed) return [200, { now, requests: [], unconfirmed: true }];
      const requests = behaviour.requests.map(({ left, ...one }) => ({ ...one, at: now - 3000, expires: now + left }));
      return [200, { now, requests }];
    },
    answer: (body) => {
      behaviour.requests = behaviour.requests.filter(({ id }) => id !== body.request);
      if (behaviour.outcome === 'gone') return [410, { error: 'gone' }];
      return [200, { outcome: behaviour.outcome }];
    },
    subscription: () => (behaviour.refusesEndpoints ? [400, { error: 'endpoint_refused' }] : [204, undefined]),
  };

  async function answer(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' };
    if (req.method === 'OPTIONS') return void res.writeHead(204, cors).end();
    const body = req.method === 'POST' ? ((await bodyOf(req)) as Body) : {};
    const [status, said] = judge(path, body);
    const type = { 'content-type': 'application/json' };
    res.writeHead(status, { ...cors, ...type }).end(said === undefined ? undefined : JSON.stringify(said));
  }

  function judge(path: string, body: Body): [status: number, answer: unknown] {
    const call = calls[path];
    if (behaviour.away || call === undefined) return [503, { error: 'away' }];
    const signed = SIGNED.has(path);
    if (path === 'register' && !holds(path, body.key as Jwk, body)) return [400, { error: 'signature' }];
    if (signed && behaviour.forgotten) return [404, { error: 'unknown_device' }];
    if (signed && !holds(path, devices.get(String(body.device)), body)) return [400, { error: 'signature' }];
    received.push({ path, body });
    return call(body);
  }

  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', origin);
    const [, api] = /^\/authenticator\/api\/(\w+)$/.exec(pathname) ?? [];
    if (api !== undefined) return void answer(req, res, api);
    const file = pathname.replace(/^\/authenticator\//, '') || 'index.html';
    if (!files.has(file)) return void res.writeHead(404).end();
    res.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    return void res.end(appFile(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    behaviour,
    received,
    invitation: (app = origin) => {
      const encoded = Buffer.from(JSON.stringify({ issuer: origin, token: 'a'.repeat(43) })).toString('base64url');
      return `${app}/authenticator/#enrol=${encoded}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function publicPoint(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString(
    'base64url',
  );
}

async function bodyOf(req: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString());
}
