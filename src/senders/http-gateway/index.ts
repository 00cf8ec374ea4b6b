import type { Examine } from '../../core/finding.ts';
import type { Sender, SenderModule, SenderPorts, Sent } from '../../core/sender.ts';
import { type Settings, settings } from './settings.ts';
import { type Encoding, encodingOf, fillIn, type Values } from './templates.ts';

/** Characters of an answer that are looked at. */
const MOST_READ = 65_536;

async function readSome(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MOST_READ) break;
  }
  return text;
}

async function outcome({ success: { status, contains, lacks } }: Settings, response: Response): Promise<Sent> {
  const body = await readSome(response);
  const failed = (reason: string): Sent => ({ ok: false, reason, ...(response.status >= 500 ? { unsure: true } : {}) });
  if (status === undefined ? !response.ok : !status.includes(response.status)) {
    return failed(`status ${response.status}`);
  }
  if (contains !== undefined && !body.includes(contains)) return failed('the answer lacks what success contains');
  if (lacks !== undefined && body.includes(lacks)) return failed('the answer contains what success lacks');
  return { ok: true };
}

function requestOf(settings: Settings, values: Values): [string, RequestInit] {
  const { url, method, headers, contentType, body } = settings;
  const fill = (template: string, encoding: Encoding) => fillIn(template, values, encoding);
  const filled = Object.entries(headers).map(([name, value]) => [name, fill(value, 'header')] as const);
  const sent = method === 'GET' ? undefined : fill(body ?? '', encodingOf(contentType) ?? 'plain');
  return [
    fill(url, 'url'),
    {
      method,
      headers: { ...(sent === undefined ? {} : { 'content-type': contentType }), ...Object.fromEntries(filled) },
      ...(sent === undefined ? {} : { body: sent }),
    },
  ];
}

function create(settings: Settings, ports: SenderPorts): Sender {
  return {
    async send({ to, text }) {
      const id = Buffer.from(ports.random(12)).toString('hex');
      const [url, init] = requestOf(settings, { to, digits: to.replace(/^\+/, ''), text, id });
      try {
        const signal = AbortSignal.timeout(settings.timeout * 1000);
        return await outcome(settings, await ports.fetch(url, { ...init, signal }));
      } catch (error) {
        // Not the error itself: its text may hold the address, and that the message.
        ports.log.warn({ cause: (error as Error).name }, 'the message gateway gave no answer');
        return { ok: false, reason: 'no answer', unsure: true };
      }
    },
  };
}

/** Whether its host can be called from here, by the guard of outgoing calls too; no message is sent by this. */
const examine: Examine<Settings> = async ({ url }, { fetch }) => {
  const { origin } = new URL(url);
  await fetch(`${origin}/`, { method: 'HEAD', signal: AbortSignal.timeout(4_000) });
  return [{ level: 'good', text: `${origin} answers` }];
};

/** Any gateway that takes a message by one HTTP request. */
const gateway: SenderModule<Settings> = { id: 'http-gateway', carries: ['text'], settings, examine, create };

export default gateway;
