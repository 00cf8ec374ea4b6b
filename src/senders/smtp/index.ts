import type { Examine } from '../../core/finding.ts';
import type { Sender, SenderModule, SenderPorts } from '../../core/sender.ts';
import { isAddress } from './address.ts';
import { compose } from './compose.ts';
import { deliver, greet } from './delivery.ts';
import { type Settings, settings } from './settings.ts';

/** Connections at once, as many servers want no more from one client. */
const MOST = 5;
/** Messages that wait for one: who comes later is refused, and can try again. */
const MOST_WAITING = 200;
/** How long one may wait, milliseconds: with the connection itself it is less than 30 seconds. */
const PATIENCE = 5_000;

/** Lets `most` run at once; false where a turn doesn't come in time. */
function createTurns(most: number) {
  const waiting: ((turn: boolean) => void)[] = [];
  let running = 0;
  return {
    async take(): Promise<boolean> {
      if (running < most) {
        running += 1;
        return true;
      }
      if (waiting.length >= MOST_WAITING) return false;
      return new Promise((resolve) => {
        const settle = (turn: boolean) => {
          clearTimeout(timer);
          resolve(turn);
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(settle), 1);
          resolve(false);
        }, PATIENCE);
        waiting.push(settle);
      });
    },
    give(): void {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next(true);
    },
  };
}

function create(settings: Settings, ports: SenderPorts): Sender {
  const turns = createTurns(MOST);
  const ending = new AbortController();

  return {
    async send(message) {
      if (message.channel !== 'mail') return { ok: false, reason: 'channel' };
      if (!isAddress(message.to)) return { ok: false, reason: 'address' };
      if (!(await turns.take())) return { ok: false, reason: 'busy' };
      try {
        if (ending.signal.aborted) return { ok: false, reason: 'closed' };
        const composed = await compose(message, settings, ports.random(16), ports.now());
        const sent = await deliver(composed, settings, ending.signal);
        if (!sent.ok) ports.log.warn({ host: settings.host, reason: sent.reason }, 'a mail was not taken');
        return sent;
      } finally {
        turns.give();
      }
    },
    async close() {
      ending.abort();
    },
  };
}

/** As far as the sign-in; no message is begun. */
const examine: Examine<Settings> = async (settings) => {
  const { host, tls } = settings;
  await greet(settings);
  const plain = tls === 'dangerouslyNone';
  const text = `${host} answers, and takes the sign-in${plain ? ', without TLS: codes and password can be read on the way' : ' over TLS'}`;
  return [{ level: plain ? 'notice' : 'good', text, ...(plain ? { todo: 'Set tls to starttls or implicit.' } : {}) }];
};

/** Mail by SMTP submission (RFC 6409, RFC 8314), to one server, over TLS. */
const smtp: SenderModule<Settings> = { id: 'smtp', carries: ['mail'], settings, examine, create };

export default smtp;
