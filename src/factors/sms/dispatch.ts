import type { FactorContext } from '../../core/challenge.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Budget } from '../../core/limit.ts';
import type { Message as Text } from '../../core/prompt.ts';
import { type Conversions, VALID } from './conversions.ts';
import { countryOf } from './numbers.ts';
import type { Message } from './schemas.ts';
import type { Settings } from './settings.ts';
import { messageText, nameIn } from './texts.ts';

const HOUR = 3_600_000;
const DIGITS = 6;
/** The budget that keeps two messages to one number apart. */
const PAUSE = 'apart';

/** `after`: when the next can go, epoch milliseconds; `soon`: only the pause between two keeps it back. */
export type Dispatched = { sent: Message } | { message: Text; reason: string; after?: number; soon?: true };

/** To whom a code goes, and on whose behalf it is asked for. */
interface Addressee {
  account: string;
  number: string;
  locale: string | undefined;
}

/** How long to wait, in the unit that people count it in. */
function waiting(milliseconds: number): Text {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  if (seconds <= 120) return { key: 'wait.seconds', values: { count: seconds } };
  return { key: 'wait.minutes', values: { count: Math.ceil(seconds / 60) } };
}

/** Sends codes within the budgets. */
export function createDispatch(settings: Settings, ports: FactorPorts, conversions: Conversions) {
  const { countries, perHour, resend } = settings;
  const { hostname } = new URL(ports.issuer);

  function budgets(to: Addressee, country: string, address: string | undefined): Budget[] {
    const hourly = (name: keyof typeof perHour, of: string) => ({ name, of, most: perHour[name], per: HOUR });
    return [
      { name: PAUSE, of: to.number, per: resend * 1000, apart: true },
      hourly('account', to.account),
      hourly('number', to.number),
      ...(address === undefined ? [] : [hourly('address', address)]),
      { ...hourly('country', country), shared: true },
      { ...hourly('installation', ''), shared: true },
    ];
  }

  /** 48 random bits: what a remainder of six digits leaves uneven is less than one in 2^28. */
  function newCode(): string {
    return String(Buffer.from(ports.random(6)).readUIntBE(0, 6) % 10 ** DIGITS).padStart(DIGITS, '0');
  }

  return async function dispatch(to: Addressee, context?: FactorContext): Promise<Dispatched> {
    const country = countryOf(to.number, countries);
    if (country === undefined) return { message: { key: 'not-sent' }, reason: 'country' };
    const stopped = await conversions.stoppedFor(country);
    if (stopped > 0) return { message: { key: 'not-sent' }, reason: 'stopped' };
    const at = ports.now();
    const asked = budgets(to, country, context?.address);
    const verdict = await ports.limit.count(asked);
    if (!verdict.allowed) {
      const { retryAfter, spent } = verdict;
      const soon = spent === PAUSE ? ({ soon: true } as const) : {};
      return { message: waiting(retryAfter), reason: `budget: ${spent}`, after: at + retryAfter, ...soon };
    }
    const code = newCode();
    const locale = to.locale ?? context?.locale;
    const from = { name: nameIn(ports.service.name, locale), host: hostname };
    const text = messageText(locale, from, code, VALID / 60_000);
    const result = await ports.send({ channel: 'text', to: to.number, text, country }, to.account);
    if (!result.ok && !result.unsure) {
      // It cost nothing: nobody waits for an hour because a gateway was away.
      await ports.limit.giveBack(asked, at);
      return { message: { key: 'not-sent' }, reason: 'sender' };
    }
    await conversions.sent(country);
    const id = Buffer.from(ports.random(12)).toString('base64url');
    return { sent: { id, code, at, country } };
  };
}

export type Dispatch = ReturnType<typeof createDispatch>;
