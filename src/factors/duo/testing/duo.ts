import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authApi, type Reply } from './auth-double.ts';
import { APPROVED, type DuoPerson, type DuoState, type Push } from './duo-state.ts';
import { prompt } from './prompt-double.ts';

/** A double of Duo on this machine, which refuses what the real one refuses. */
export interface Duo {
  readonly origin: string;
  /** Where it really is. */
  readonly address: string;
  readonly state: DuoState;
  /** `factors.duo` for a gateway that asks it. */
  settings(more?: object): { host: string; web: object; api: object };
  /** Makes Duo know somebody. */
  enrol(username: string, more?: Partial<DuoPerson>): DuoPerson;
  /** The push that somebody's phone shows. */
  pushTo(username: string): Push & { id: string };
  /** On the phone: with the number that was typed, where one is asked for. */
  answer(username: string, how: 'allow' | 'deny' | 'fraud' | 'timeout', number?: string): void;
  close(): Promise<void>;
}

const WEB = { clientId: 'DIWEB00000000000WEB1', clientSecret: 'wwwwwwwwwwSecret0Of0The0Web0Client0ab123' };
const API = { integrationKey: 'DIAPI00000000000API1', secretKey: 'aaaaaaaaaaSecret0Of0The0Api0Client0ab123' };

/** `as`: the host that callers think it is. */
export async function startDuo(now: () => number = Date.now, as?: string): Promise<Duo> {
  const state: DuoState = {
    ...{ ...WEB, ...API, people: new Map(), pushes: new Map(), verified: true, health: 'well' },
    ...{ answer: APPROVED, patience: 2_000, calls: [], asked: new Map(), now },
  };
  let origin = '';
  const api = authApi(state);
  const web = prompt(state, () => origin);

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (state.health === 'away') return void req.socket.destroy();
    const url = new URL(req.url ?? '/', origin);
    const body = await textOf(req);
    if (url.pathname.startsWith('/auth/v2/')) return told(res, await api.handle(req, url, body));
    const fields = new URLSearchParams(body);
    const at = `${req.method} ${url.pathname}`;
    state.calls.push(at);
    if (at === 'POST /oauth/v1/health_check') return told(res, await web.health(fields));
    if (at === 'POST /oauth/v1/token') return told(res, await web.token(fields));
    if (at === 'GET /oauth/v1/authorize') {
      const begun = await web.authorize(url.searchParams);
      if ('fault' in begun) return told(res, { status: 400, json: { error: begun.fault } });
      return page(res, begun.visit);
    }
    const back = at === 'POST /frame/answer' ? web.answered(fields.get('visit') ?? '') : undefined;
    if (back === undefined) return told(res, { status: 404, json: {} });
    res.writeHead(303, { location: back }).end();
  }

  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => told(res, { status: 500, json: { error: String(error) } }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  origin = as === undefined ? address : `https://${as}`;

  function pushTo(username: string): Push & { id: string } {
    const found = [...state.pushes].findLast(([, push]) => push.username === username && push.status === 'pushed');
    if (found === undefined) throw new Error(`no push waits on the phone of ${username}`);
    return { id: found[0], ...found[1] };
  }

  return {
    ...{ origin, address, state },
    settings: (more = {}) => ({ host: as ?? origin, web: { ...WEB }, api: { ...API }, ...more }),
    enrol(username, more = {}) {
      const person = {
        status: 'active' as const,
        push: true,
        passcodes: new Set<string>(),
        bypassCodes: new Set<string>(),
      };
      const kept = { ...person, ...more };
      state.people.set(username, kept);
      return kept;
    },
    pushTo,
    answer(username, how, number) {
      const push = pushTo(username);
      if (how === 'allow' && push.number !== number) throw new Error('the phone takes no other number');
      api.settle(push.id, how);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function told(res: ServerResponse, { status, json }: Reply): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
}

/** Duo's page, as far as a person needs it. */
function page(res: ServerResponse, visit: string): void {
  res.writeHead(200, { 'content-type': 'text/html' }).end(
    `<!doctype html><title>Duo</title><h1>Check for a Duo Push</h1><form method="post" action="/frame/answer">
<input type="hidden" name="visit" value="${visit}"><button>Approve</button></form>`,
  );
}
