import type { Account } from '../../core/account.ts';
import type { FactorContext } from '../../core/challenge.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Budget } from '../../core/limit.ts';
import type { Message } from '../../core/prompt.ts';
import type { Sent } from './schemas.ts';
import type { Settings } from './settings.ts';
import { mailOf } from './texts.ts';

const HOUR = 3_600_000;
/** NIST SP 800-63B-4: an out-of-band code lives 10 minutes at most. */
export const VALID = 600_000;
export const DIGITS = 6;

export type Dispatched = { sent: Sent } | { message: Message; reason: string };

/** How long to wait, in the unit that people count it in. */
function waiting(milliseconds: number): Message {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  if (seconds <= 120) return { key: 'wait.seconds', values: { count: seconds } };
  return { key: 'wait.minutes', values: { count: Math.ceil(seconds / 60) } };
}

/** Sends codes within the budgets. */
export function createDispatch({ perHour, resend }: Settings, ports: FactorPorts) {
  const { hostname } = new URL(ports.issuer);

  function budgets(account: string, mailbox: string, address = 'unknown'): Budget[] {
    // Mail systems mostly take upper case for lower case: another spelling is no other mailbox.
    const of = mailbox.toLowerCase();
    const hourly = (name: keyof typeof perHour, whose: string) => ({ name, of: whose, most: perHour[name], per: HOUR });
    return [
      { name: 'apart', of, per: resend * 1000, apart: true },
      hourly('account', account),
      hourly('mailbox', of),
      hourly('address', address),
      { ...hourly('installation', ''), shared: true },
    ];
  }

  /** 48 random bits: what a remainder of six digits leaves uneven is less than one in 2^28. */
  function newCode(): string {
    return String(Buffer.from(ports.random(6)).readUIntBE(0, 6) % 10 ** DIGITS).padStart(DIGITS, '0');
  }

  return async function dispatch(account: Account, mailbox: string, context?: FactorContext): Promise<Dispatched> {
    const at = ports.now();
    const asked = budgets(account.id, mailbox, context?.address);
    const verdict = await ports.limit.count(asked);
    if (!verdict.allowed) return { message: waiting(verdict.retryAfter), reason: `budget: ${verdict.spent}` };
    const code = newCode();
    const said = { service: ports.serviceName, host: hostname, code, minutes: VALID / 60_000 };
    const mail = mailOf(account.locale ?? context?.locale, said);
    const result = await ports.send({ channel: 'mail', to: mailbox, ...mail }, account.id);
    if (result.ok || result.unsure) return { sent: { code, at } };
    // It cost nothing: nobody waits for an hour because a mail server was away.
    await ports.limit.giveBack(asked, at);
    return { message: { key: 'not-sent' }, reason: 'sender' };
  };
}
