import { z } from 'zod';
import { isCertificate } from '../../core/certificate.ts';
import type { Examine } from '../../core/finding.ts';
import type { Sender, SenderModule, SenderPorts, Sent } from '../../core/sender.ts';
import { partsOf } from './alphabet.ts';
import { bind, type Link } from './link.ts';
import { type Address, COMMANDS, firstText, OK, submitBody } from './pdu.ts';

const printable = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[\x20-\x7e]*$/, { error: 'must be ASCII' });

const settings = z.strictObject({
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(2775),
  tls: z
    .strictObject({
      ca: z
        .string()
        .trim()
        .refine(isCertificate, { error: 'must be a certificate in PEM' })
        .optional()
        .describe('Certificate that signed theirs, PEM; by default the public authorities'),
      serverName: z.string().min(1).max(253).optional().describe('Name in their certificate; by default host'),
    })
    .optional()
    .describe('Speaks TLS; without it texts and password can be read on the way'),
  bind: z.enum(['transceiver', 'transmitter']).default('transceiver'),
  systemId: printable(15).min(1),
  secret: printable(8).describe(`Usually \${file:…}`),
  systemType: printable(12).default(''),
  from: z
    .strictObject({
      address: printable(20).min(1),
      ton: z.int().min(0).max(6).optional().describe('Type of number; by default told from the address'),
      npi: z.int().min(0).max(18).optional().describe('Numbering plan; likewise'),
    })
    .describe('Number or name that messages come from'),
  encoding: z
    .enum(['auto', 'ucs2'])
    .default('auto')
    .describe("ucs2 for everything, where the message centre's default alphabet isn't GSM 7-bit"),
  validity: z.int().min(1).max(1440).default(5).describe('Minutes after which the message centre gives up'),
});
type Settings = z.output<typeof settings>;

/** International numbers, short codes and names each have their own type (section 5.2.5). */
function sourceOf({ address, ton, npi }: Settings['from']): Address {
  const digits = address.replace(/^\+/, '');
  const named = !/^[0-9]+$/.test(digits);
  const short = digits.length < 7;
  const type = named ? 5 : short ? 3 : 1;
  return { ton: ton ?? type, npi: npi ?? (named ? 0 : 1), address: digits };
}

/** Relative time (section 7.1.1): YYMMDDhhmmss and `000R`. */
function relative(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `0000${two(Math.floor(minutes / 1440))}${two(Math.floor(minutes / 60) % 24)}${two(minutes % 60)}00000R`;
}

function create(settings: Settings, ports: SenderPorts): Sender {
  const { host, port, tls, bind: kind, systemId, secret, systemType } = settings;
  const source = sourceOf(settings.from);
  const validity = relative(settings.validity);
  let current: Promise<Link> | undefined;
  let closed = false;

  /** The session that stands, or a new one; callers at the same moment share it. */
  function link(): Promise<Link> {
    if (closed) return Promise.reject(new Error('closed'));
    if (current !== undefined) return current;
    const made = bind({ host, port, tls, bind: kind, login: { systemId, secret, systemType } }, (error) => {
      if (current === made) current = undefined;
      if (!closed) ports.log.warn({ host, cause: error?.message }, 'the session with the message centre is over');
    });
    current = made;
    made.catch((error: Error) => {
      if (current === made) current = undefined;
      ports.log.error({ host, cause: error.message }, 'no session with the message centre');
    });
    return made;
  }

  async function submit(to: string, text: string): Promise<Sent> {
    let session: Link;
    try {
      session = await link();
    } catch {
      return { ok: false, reason: 'no session' };
    }
    const destination: Address = { ton: 1, npi: 1, address: to.replace(/^\+/, '') };
    const parts = partsOf(text, settings.encoding, ports.random(1)[0] ?? 0);
    const ids: string[] = [];
    for (const part of parts) {
      try {
        const answer = await session.request(COMMANDS.submit, submitBody(source, destination, part, validity));
        if (answer.status !== OK) {
          return {
            ok: false,
            reason: `status 0x${answer.status.toString(16)}`,
            ...(ids.length > 0 ? { unsure: true } : {}),
          };
        }
        ids.push(firstText(answer.body));
      } catch {
        return { ok: false, reason: 'no answer', unsure: true };
      }
    }
    return { ok: true, ...(ids[0] ? { id: ids[0].slice(0, 64) } : {}) };
  }

  return {
    send: ({ to, text }) => submit(to, text),
    async close() {
      closed = true;
      const session = await current?.catch(() => undefined);
      await session?.close();
    },
  };
}

/** Whether the centre can be reached, without binding to it: some take one session alone. */
const examine: Examine<Settings> = async ({ host, port, tls }, { connect, certificate }) => {
  if (tls) return [await certificate({ host, port, serverName: tls.serverName, ca: tls.ca })];
  await connect(host, port);
  const text = `${host} answers, without TLS: texts and password can be read on the way`;
  return [{ level: 'notice', text, todo: 'Set tls, or keep the way there within a network of your own.' }];
};

/** A message centre by SMPP v3.4, over a session that is kept, and made anew when it has ended. */
const smpp: SenderModule<Settings> = { id: 'smpp', carries: ['text'], settings, examine, create };

export default smpp;
