import { z } from 'zod';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { originOf, type Settings } from './settings.ts';
import { queryOf, signatureOf } from './signature.ts';

/** How long Duo may take to say that a push was answered: it waits for that by itself. Milliseconds. */
const LONG_POLL = 70_000;
const PATIENCE = 5_000;
/** Waiting after "too many requests", milliseconds: doubled each time, as Duo's own clients do. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 32_000;
/** Bytes of an answer. */
const LONGEST = 65_536;

const failed = z.object({ stat: z.literal('FAIL'), code: z.number(), message: z.string().optional() });
const ok = z.object({ stat: z.literal('OK'), response: z.unknown() });

const device = z.object({ device: z.string(), capabilities: z.array(z.string()).default([]) });
const preauth = z.object({
  result: z.enum(['auth', 'allow', 'deny', 'enroll']),
  devices: z.array(device).optional(),
  txid: z.string().min(1).max(200).optional(),
  verification_code: z.union([z.string(), z.number().transform(String)]).optional(),
});
const begun = z.object({ txid: z.string().min(1).max(200) });
const result = z.object({ result: z.enum(['allow', 'deny', 'waiting']), status: z.string().max(60).default('') });

export type Preauth = z.output<typeof preauth>;
export type AuthResult = z.output<typeof result>;

/**
 * Duo didn't say: it can't be reached, answers something else, refuses us, or we are to ask less. `code` is Duo's own;
 * `message` is for the log.
 */
export class DuoFailure extends Error {
  readonly code: number | undefined;
  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

type Parameters = Readonly<Record<string, string>>;

/** Whom to ask about, and from where. */
export interface Asker {
  username: string;
  /** For Duo's own rules about networks. */
  ip?: string | undefined;
}

/** Duo's Auth API, version 2. */
export function createAuthApi(settings: Settings, { fetch, now, log }: Pick<FactorPorts, 'fetch' | 'now' | 'log'>) {
  const { api } = settings;
  if (api === undefined) throw new Error('there is no Auth API without its keys');
  const { integrationKey, secretKey } = api;
  const origin = originOf(settings);
  const { host } = new URL(origin);
  /** Of this process: until when nobody asks, epoch milliseconds, and how long the next pause is. */
  let paused = 0;
  let pause = FIRST_PAUSE;

  function slowDown(): DuoFailure {
    paused = now() + pause;
    pause = Math.min(2 * pause, LONGEST_PAUSE);
    log.warn({ host, until: paused }, 'Duo asks for fewer requests');
    return new DuoFailure('too many requests', 42901);
  }

  async function call<T extends z.ZodType>(
    shape: T,
    method: 'GET' | 'POST',
    path: string,
    parameters: Parameters,
    signal: AbortSignal = AbortSignal.timeout(PATIENCE),
  ): Promise<z.output<T>> {
    if (now() < paused) throw new DuoFailure('waits after too many requests', 42901);
    const date = new Date(now()).toUTCString();
    const query = method === 'GET' ? queryOf(parameters) : '';
    const body = method === 'GET' ? '' : JSON.stringify(parameters);
    const signature = signatureOf({ date, method, host, path, query, body }, secretKey);
    const answered = await fetch(`${origin}${path}${query === '' ? '' : `?${query}`}`, {
      method,
      headers: {
        date,
        authorization: `Basic ${Buffer.from(`${integrationKey}:${signature}`).toString('base64')}`,
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      },
      ...(method === 'POST' ? { body } : {}),
      signal,
    }).catch((error: unknown) => {
      throw new DuoFailure(`can’t be reached: ${error instanceof Error ? error.name : 'unknown'}`);
    });
    if (answered.status === 429) throw slowDown();
    return read(answered, shape);
  }

  async function read<T extends z.ZodType>(answered: Response, shape: T): Promise<z.output<T>> {
    const text = await answered.text().catch(() => '');
    const json = text.length > LONGEST ? undefined : parsed(text);
    const refusal = failed.safeParse(json);
    if (refusal.success) {
      const { code, message = '' } = refusal.data;
      if (Math.floor(code / 100) === 429) throw slowDown();
      throw new DuoFailure(`refuses: ${code} ${message.slice(0, 100)}`, code);
    }
    const good = ok.safeParse(json);
    const response = shape.safeParse(good.data?.response);
    if (!answered.ok || !response.success) throw new DuoFailure(`answers ${answered.status} with something else`);
    pause = FIRST_PAUSE;
    return response.data;
  }

  const who = ({ username, ip }: Asker) => ({ username, ...(ip === undefined ? {} : { ipaddr: ip }) });

  return {
    /** Whether these are keys that Duo takes, and our clocks agree. */
    check: () => call(z.object({ time: z.number() }), 'GET', '/auth/v2/check', {}),

    /** How somebody stands with Duo. `allow` says that it would let them pass unasked. */
    preauth: (asker: Asker) =>
      call(preauth, 'POST', '/auth/v2/preauth', { ...who(asker), client_supports_verified_push: '1' }),

    /** Begins a push; with `txid` the one whose number was given beforehand. Answers its transaction. */
    async push(asker: Asker, more: { type: string; txid?: string }): Promise<string> {
      const { type, txid } = more;
      const asked = { ...who(asker), factor: 'push', device: 'auto', async: '1', type };
      return (await call(begun, 'POST', '/auth/v2/auth', { ...asked, ...(txid === undefined ? {} : { txid }) })).txid;
    },

    passcode: (asker: Asker, passcode: string) =>
      call(result, 'POST', '/auth/v2/auth', { ...who(asker), factor: 'passcode', passcode }),

    /** Waits until there is news of a push; `waiting` where there was none for long. */
    async status(txid: string, stopping: AbortSignal): Promise<AuthResult> {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(LONG_POLL)]);
      try {
        return await call(result, 'GET', '/auth/v2/auth_status', { txid }, signal);
      } catch (error) {
        // What Duo answers where nothing happened for as long as it waits.
        if (error instanceof DuoFailure && error.code === 40002) return { result: 'waiting', status: '' };
        throw error;
      }
    },
  };
}

export type AuthApi = ReturnType<typeof createAuthApi>;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
