import { z } from 'zod';
import type { Examine } from '../../core/finding.ts';
import type { Sender, SenderModule, SenderPorts, Sent } from '../../core/sender.ts';

/** Fixed: a configuration that named another host would hand it the credentials. */
const API = 'https://api.twilio.com/2010-04-01/Accounts';
/** Milliseconds. */
const PATIENCE = 15_000;

const sid = (prefix: string, what: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}[0-9a-f]{32}$`), { error: `must be ${what}: ${prefix} and 32 hexadecimal digits` });

const settings = z
  .strictObject({
    accountSid: sid('AC', 'an account SID'),
    apiKey: sid('SK', 'an API key SID').optional().describe('Signs in with a key in the place of the account itself'),
    secret: z.string().min(16).describe(`Secret of the API key, or the account's auth token. Usually \${file:…}`),
    from: z
      .string()
      .regex(/^(?:\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11})$/, { error: 'must be a number in E.164, or up to 11 letters' })
      .optional()
      .describe('Number or name that messages come from'),
    messagingServiceSid: sid('MG', 'a messaging service SID').optional(),
  })
  .refine(({ from, messagingServiceSid }) => (from === undefined) !== (messagingServiceSid === undefined), {
    error: 'needs either from or messagingServiceSid',
  });
type Settings = z.output<typeof settings>;

/** What the API answers; `code` is one of its documented error codes. */
const answer = z.object({ sid: z.string().max(64).optional(), code: z.int().optional() });

async function outcome(response: Response): Promise<Sent> {
  const read = answer.safeParse(await response.json().catch(() => undefined));
  const { sid: id, code } = read.success ? read.data : {};
  if (response.ok) return { ok: true, ...(id ? { id } : {}) };
  const reason = `status ${response.status}${code === undefined ? '' : `, code ${code}`}`;
  // After 5xx it isn't known what became of it.
  return { ok: false, reason, ...(response.status >= 500 ? { unsure: true } : {}) };
}

function create({ accountSid, apiKey, secret, from, messagingServiceSid }: Settings, ports: SenderPorts): Sender {
  const authorization = `Basic ${Buffer.from(`${apiKey ?? accountSid}:${secret}`).toString('base64')}`;
  const origin: [string, string] = messagingServiceSid
    ? ['MessagingServiceSid', messagingServiceSid]
    : ['From', from ?? ''];
  return {
    async send({ to, text }) {
      const body = new URLSearchParams([['To', to], origin, ['Body', text]]);
      try {
        const response = await ports.fetch(`${API}/${accountSid}/Messages.json`, {
          method: 'POST',
          headers: { authorization, accept: 'application/json' },
          body,
          signal: AbortSignal.timeout(PATIENCE),
        });
        return await outcome(response);
      } catch (error) {
        ports.log.warn({ cause: (error as Error).name }, 'the message service gave no answer');
        return { ok: false, reason: 'no answer', unsure: true };
      }
    },
  };
}

/** Whether its API can be called from here; no message is sent by this. */
const examine: Examine<Settings> = async (_settings, { fetch }) => {
  const { origin } = new URL(API);
  await fetch(`${origin}/`, { method: 'HEAD', signal: AbortSignal.timeout(4_000) });
  return [{ level: 'good', text: `${origin} answers` }];
};

/** Twilio's Programmable Messaging, API of 2010-04-01: POST Messages with basic authentication. */
const twilio: SenderModule<Settings> = { id: 'twilio', carries: ['text'], settings, examine, create };

export default twilio;
