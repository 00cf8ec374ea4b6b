import { Readable } from 'node:stream';
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import type { Sent } from '../../core/sender.ts';
import type { Composed } from './compose.ts';
import type { Settings } from './settings.ts';

/** How long each step may take, and all of them, milliseconds. */
const PATIENCE = 8_000;
const ALTOGETHER = 24_000;
const GREETING = 4_000;

type Stage = 'connection' | 'sign-in' | 'envelope' | 'message';
type Failure = Error & { code?: string; response?: string; responseCode?: number; cause?: unknown };

function optionsOf({ host, port, tls, ca, serverName }: Settings): SMTPConnectionOptions {
  const implicit = tls === 'implicit';
  return {
    host,
    port: port ?? (implicit ? 465 : 587),
    secure: implicit,
    // A server, or whoever is between, that offers no TLS gets neither the password nor the message.
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'dangerouslyNone',
    tls: {
      minVersion: 'TLSv1.2',
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(ca === undefined ? {} : { ca }),
    },
    ...{ connectionTimeout: PATIENCE, greetingTimeout: PATIENCE, socketTimeout: PATIENCE, dnsTimeout: PATIENCE },
    maxResponseSize: 65_536,
  };
}

/** The codes of a reply (RFC 5321 section 4.2, RFC 3463); what else it says may name the person. */
function codesOf({ response, responseCode }: Failure): string | undefined {
  if (responseCode === undefined) return undefined;
  const [, enhanced] = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '') ?? [];
  return `status ${responseCode}${enhanced === undefined ? '' : ` ${enhanced}`}`;
}

const step = (run: (done: (error?: Failure | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));

/**
 * Greets the server as `deliver` does (EHLO, TLS, sign-in), and takes leave.
 *
 * @throws Error where one of these steps fails
 */
export async function greet(settings: Settings): Promise<void> {
  const connection = new SMTPConnection({
    ...optionsOf(settings),
    connectionTimeout: GREETING,
    greetingTimeout: GREETING,
  });
  const failed = Promise.withResolvers<never>();
  connection.on('error', failed.reject);
  const { user, secret } = settings;
  const converse = async () => {
    await step((done) => connection.connect(done));
    if (user === undefined || secret === undefined) return;
    if (!connection.allowsAuth) throw new Error('the server offers no sign-in');
    await step((done) => connection.login({ credentials: { user, pass: secret } }, done));
  };
  try {
    await Promise.race([converse(), failed.promise]);
    connection.quit();
  } finally {
    connection.close();
  }
}

/** Hands one message to the mail server, over a connection of its own. Never throws. */
export async function deliver(message: Composed, settings: Settings, signal: AbortSignal): Promise<Sent> {
  const connection = new SMTPConnection(optionsOf(settings));
  let stage = 'connection' as Stage;

  const over = Promise.withResolvers<never>();
  const stop = () => over.reject(new Error('not in time'));
  const timer = setTimeout(stop, ALTOGETHER);
  signal.addEventListener('abort', stop, { once: true });
  connection.on('error', over.reject);
  // Read only once the server has agreed to take it: from there on its fate is unknown until it answers.
  const body = Readable.from(
    (function* () {
      stage = 'message';
      yield message.raw;
    })(),
  );

  async function converse(): Promise<Sent> {
    await step((done) => connection.connect(done));
    const { user, secret } = settings;
    if (user !== undefined && secret !== undefined) {
      stage = 'sign-in';
      if (!connection.allowsAuth) return { ok: false, reason: 'sign-in: not offered' };
      await step((done) => connection.login({ credentials: { user, pass: secret } }, done));
    }
    stage = 'envelope';
    const envelope = { from: message.from, to: [message.to], size: message.raw.length };
    await step((done) => connection.send(envelope, body, done));
    connection.quit();
    return { ok: true, id: message.id };
  }

  try {
    return await Promise.race([converse(), over.promise]);
  } catch (error) {
    const failure = error as Failure;
    const codes = codesOf(failure);
    if (stage === 'message' && codes === undefined) return { ok: false, reason: 'no answer', unsure: true };
    const kind = failure.code === 'ETLS' ? 'tls' : stage;
    return { ok: false, reason: codes === undefined ? kind : `${kind}: ${codes}` };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    body.destroy();
    connection.close();
  }
}
