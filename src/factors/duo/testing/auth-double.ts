import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { DuoState, Push } from './duo-state.ts';

export interface Reply {
  status: number;
  json: unknown;
}

const fail = (code: number, message: string, detail?: string): Reply => ({
  status: Math.floor(code / 100),
  json: { stat: 'FAIL', code, message, ...(detail ? { message_detail: detail } : {}) },
});
const ok = (response: unknown): Reply => ({ status: 200, json: { stat: 'OK', response } });

/** Minutes that a caller's clock may be off. */
const SKEW = 5 * 60_000;
/** A push that nobody answers. */
const ENDS = 60_000;

/** The Auth API as it is documented: it takes signature version 5 alone, and refuses with the documented codes. */
export function authApi(state: DuoState) {
  const news = new EventEmitter();
  const numbers = new Map<string, { username: string; number: string }>();

  /** Written down a second time, from the documentation. */
  function signed(req: IncomingMessage, url: URL, body: string): Reply | undefined {
    const { date, authorization, host = '' } = req.headers;
    if (date === undefined) return fail(40104, 'Missing request timestamp');
    if (authorization === undefined) return fail(40101, 'Missing request credentials');
    const [key, signature = ''] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':');
    if (key !== state.integrationKey) return fail(40102, 'Invalid integration key in request credentials');
    const hash = (text: string) => createHash('sha512').update(text, 'utf8').digest('hex');
    const query = [...url.searchParams]
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .sort()
      .join('&');
    const text = `${date}\n${req.method}\n${host.toLowerCase()}\n${url.pathname}\n${query}\n${hash(body)}\n${hash('')}`;
    const right = createHmac('sha512', state.secretKey).update(text).digest('hex');
    if (right.length !== signature.length || !timingSafeEqual(Buffer.from(right), Buffer.from(signature))) {
      return fail(40103, 'Invalid signature in request credentials');
    }
    if (Math.abs(Date.parse(date) - state.now()) > SKEW) return fail(40105, 'Bad request timestamp');
    return undefined;
  }

  function preauth({ username = '', client_supports_verified_push: verified }: Record<string, string>): Reply {
    const person = state.people.get(username);
    if (person === undefined) {
      return ok({ result: 'enroll', status_msg: 'Enroll an authentication device to proceed', enroll_portal_url: 'x' });
    }
    if (person.status === 'bypass') return ok({ result: 'allow', status_msg: 'Account is active' });
    if (person.status === 'disabled') return ok({ result: 'deny', status_msg: 'Account is disabled' });
    // Where policy wants a number and the caller can't show one, there is no push.
    const push = person.push && (!state.verified || verified === '1');
    const capabilities = ['auto', ...(push ? ['push'] : []), 'mobile_otp'];
    const devices = [{ device: 'DPFZRS9FB0D46QFTM891', type: 'phone', capabilities, name: '' }];
    if (!push || !state.verified) return ok({ result: 'auth', status_msg: 'Account is active', devices });
    const txid = randomBytes(16).toString('hex');
    const number = String(100 + (randomBytes(2).readUInt16BE() % 900));
    numbers.set(txid, { username, number });
    return ok({ result: 'auth', status_msg: 'Account is active', devices, txid, verification_code: number });
  }

  function begin(asked: Record<string, string>): Reply {
    const { username = '', factor, async, device, txid, passcode } = asked;
    const person = state.people.get(username);
    if (person === undefined) return fail(40002, 'Invalid request parameters', 'username');
    if (person.status === 'bypass') return ok({ result: 'allow', status: 'bypass', status_msg: 'Bypassed' });
    if (person.status === 'disabled') return ok({ result: 'deny', status: 'deny', status_msg: 'Account is disabled' });
    if (factor === 'passcode') {
      if (passcode === undefined) return fail(40001, 'Missing required request parameters', 'passcode');
      const right = person.passcodes.delete(passcode) || person.bypassCodes.delete(passcode);
      return ok(right ? { result: 'allow', status: 'allow' } : { result: 'deny', status: 'deny' });
    }
    if (factor !== 'push' || device !== 'auto') return fail(40002, 'Invalid request parameters', 'factor');
    if (async !== '1') return fail(40002, 'Invalid request parameters', 'this double wants async');
    const given = txid === undefined ? undefined : numbers.get(txid);
    if (!person.push || (state.verified && given?.username !== username)) {
      return fail(40002, 'Invalid request parameters', 'device');
    }
    const id = txid ?? randomBytes(16).toString('hex');
    numbers.delete(id);
    const push: Push = { username, status: 'pushed', looked: false, asked, ...(given ? { number: given.number } : {}) };
    state.pushes.set(id, push);
    setTimeout(() => settle(id, 'timeout'), ENDS).unref();
    return ok({ txid: id });
  }

  function settle(id: string, status: Push['status']): void {
    const push = state.pushes.get(id);
    if (push?.status !== 'pushed') return;
    push.status = status;
    news.emit(id);
  }

  async function look(txid: string | undefined): Promise<Reply> {
    const push = txid === undefined ? undefined : state.pushes.get(txid);
    if (push === undefined || txid === undefined) return fail(40002, 'Invalid request parameters', 'txid');
    if (push.status === 'pushed' && push.looked) {
      try {
        await once(news, txid, { signal: AbortSignal.timeout(state.patience) });
      } catch {
        return fail(40002, 'Invalid request parameters', 'long-poll timed out');
      }
    }
    push.looked = true;
    const { status } = push;
    if (status === 'pushed') return ok({ result: 'waiting', status, status_msg: 'Pushed a login request' });
    return ok({ result: status === 'allow' ? 'allow' : 'deny', status, status_msg: status });
  }

  return {
    settle,
    async handle(req: IncomingMessage, url: URL, body: string): Promise<Reply> {
      if (state.health === 'busy') return fail(42901, 'Too Many Requests');
      const { fails } = state;
      if (fails && (fails.at ?? url.pathname) === url.pathname) return fail(fails.code, fails.message);
      const refused = signed(req, url, body);
      if (refused) return refused;
      if (req.method === 'POST' && req.headers['content-type'] !== 'application/json') {
        return fail(40106, 'Invalid content type');
      }
      const asked = (req.method === 'POST' ? JSON.parse(body) : Object.fromEntries(url.searchParams)) as Record<
        string,
        string
      >;
      state.asked.set(url.pathname, asked);
      const at = `${req.method} ${url.pathname}`;
      state.calls.push(at);
      if (at === 'GET /auth/v2/check') return ok({ time: Math.floor(state.now() / 1000) });
      if (at === 'GET /auth/v2/auth_status') return look(asked.txid);
      const needs = at === 'POST /auth/v2/preauth' || at === 'POST /auth/v2/auth';
      if (needs && asked.username === undefined) return fail(40001, 'Missing required request parameters', 'username');
      if (at === 'POST /auth/v2/preauth') return preauth(asked);
      if (at === 'POST /auth/v2/auth') return begin(asked);
      const known = ['check', 'preauth', 'auth', 'auth_status'].some((name) => url.pathname === `/auth/v2/${name}`);
      return known ? fail(40501, 'Method not allowed') : fail(40401, 'Resource not found');
    },
  };
}
