import type { Account } from '../../core/account.ts';
import { crockford, grouped } from '../../core/crockford.ts';
import { SallyportError } from '../../core/errors.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { IssueChoice, Issued, IssueOptions } from '../../core/factor-powers.ts';
import type { Message } from '../../core/prompt.ts';
import { methodName } from './names.ts';
import { type Data, MOST, MOST_OF_A_DAY, type Settings } from './schemas.ts';
import { hashOf } from './secret.ts';

const HOUR = 3_600_000;
/** What owners may give themselves, milliseconds: for a journey, or the change of a phone. */
const OWN_MOST = 24 * HOUR;

/** The choices of an owner, as far as the settings go; hours. */
export function ownLifetimes({ lifetime }: Settings): { value: string; label: Message }[] {
  return [1, 8, 24]
    .filter((hours) => hours * HOUR >= lifetime.minimum && hours * HOUR <= lifetime.maximum)
    .map((count) => ({ value: String(count * HOUR), label: { key: 'issue.hours', values: { count } } }));
}

function lifetimeOf({ lifetime }: Settings, { by, lifetime: asked }: IssueOptions): number {
  const most = by === 'owner' ? Math.min(OWN_MOST, lifetime.maximum) : lifetime.maximum;
  const wanted = asked === undefined ? Math.min(lifetime.default, most) : Number(asked);
  if (Number.isSafeInteger(wanted) && wanted >= lifetime.minimum && wanted <= most) return wanted;
  const minutes = (milliseconds: number) => `${milliseconds / 60_000}m`;
  const range = `${minutes(lifetime.minimum)} to ${minutes(most)}`;
  throw new SallyportError('ERR_INPUT', `the lifetime of a pass must be within ${range}`);
}

function startOf(now: number, { by, delay = 0, starts = now + Number(delay) }: IssueOptions): number {
  if (by === 'owner') return now;
  const start = Number(starts);
  if (Number.isSafeInteger(start) && start - now <= MOST) return Math.max(start, now);
  throw new SallyportError('ERR_INPUT', 'a pass may start within 30 days from now');
}

/** How many passes for a day are wanted; undefined is one, of the usual kind. */
function dayOf({ by, uses, passes }: IssueOptions): number | undefined {
  const wanted = passes ?? /^day-(\d+)$/.exec(String(uses))?.[1];
  if (by === 'owner' || wanted === undefined) return undefined;
  const count = Number(wanted);
  if (Number.isSafeInteger(count) && count >= 2 && count <= MOST_OF_A_DAY) return count;
  throw new SallyportError('ERR_INPUT', `passes for a day are 2 to ${MOST_OF_A_DAY}`);
}

function onceOf({ once, uses }: IssueOptions): boolean | undefined {
  if (uses !== undefined && uses !== 'once' && uses !== 'several') {
    throw new SallyportError('ERR_INPUT', 'uses is once or several');
  }
  return uses === undefined ? (once === undefined ? undefined : once === true) : uses === 'once';
}

/** The choices of an operator: each has the usual first. Whoever needs others has the command line and the API. */
export function operatorChoices({ lifetime, once }: Settings): IssueChoice[] {
  const within = [1, 8, 24, 72]
    .map((hours) => hours * HOUR)
    .filter((it) => it >= lifetime.minimum && it <= lifetime.maximum);
  const lifetimes = [...new Set([lifetime.default, ...within])];
  const uses = once ? ['once', 'several'] : ['several', 'once'];
  const days = [2, 3, 4, MOST_OF_A_DAY].map((count) => ({
    value: `day-${count}`,
    label: { key: 'issue.day', values: { count } },
  }));
  return [
    { name: 'lifetime', options: lifetimes.map((value) => ({ value: String(value), label: lengthOf(value) })) },
    { name: 'uses', options: [...uses.map((value) => ({ value, label: { key: `state.${value}` } })), ...days] },
    {
      name: 'delay',
      options: [0, 1, 7].map((days) => ({
        value: String(days * 24 * HOUR),
        label: days === 0 ? { key: 'issue.now' } : { key: 'issue.days', values: { count: days } },
      })),
    },
  ];
}

function lengthOf(value: number): Message {
  const whole = value % HOUR === 0;
  return { key: whole ? 'issue.hours' : 'issue.minutes', values: { count: value / (whole ? HOUR : 60_000) } };
}

/**
 * Options: `lifetime` (milliseconds, from the start); `starts` (epoch milliseconds), or `delay` (milliseconds from now);
 * `once`, or `uses` (`once`, `several`). Owners get one sign-in. `passes` (2 to 5), or `uses` as `day-5`, are so many
 * for one sign-in each, within a day whatever the lifetime: they set nothing up.
 */
export async function issue(
  settings: Settings,
  ports: FactorPorts,
  account: Account,
  options: IssueOptions,
): Promise<Issued<Data>> {
  const now = ports.now();
  const starts = startOf(now, options);
  const count = dayOf(options);
  if (count !== undefined) return issueDay(settings, ports, account, { starts, now, count });
  const expires = starts + lifetimeOf(settings, options);
  const once = options.by === 'owner' || (onceOf(options) ?? settings.once);
  const secret = crockford(ports.random(settings.length));
  const salt = Buffer.from(ports.random(16)).toString('base64url');
  return {
    name: methodName(account.locale),
    data: {
      salt,
      hash: await hashOf(secret, salt),
      starts,
      expires,
      once,
      uses: 0,
      ...(options.by === 'owner' ? { own: true } : {}),
    },
    replaces: true,
    shown: {
      codes: [grouped(secret)],
      ...(starts > now ? { starts } : {}),
      expires,
      note: { key: once ? 'note.once' : 'note.several' },
    },
  };
}

/** Several at once, kept as one: they are replaced and revoked together. */
async function issueDay(
  settings: Settings,
  ports: FactorPorts,
  account: Account,
  { starts, now, count }: { starts: number; now: number; count: number },
): Promise<Issued<Data>> {
  const expires = starts + Math.min(24 * HOUR, settings.lifetime.maximum);
  const secrets = Array.from({ length: count }, () => crockford(ports.random(settings.length)));
  const salt = Buffer.from(ports.random(16)).toString('base64url');
  const day = await Promise.all(secrets.map((secret) => hashOf(secret, salt)));
  return {
    name: methodName(account.locale),
    data: { salt, hash: '', starts, expires, once: true, uses: 0, day },
    replaces: true,
    shown: {
      codes: secrets.map(grouped),
      ...(starts > now ? { starts } : {}),
      expires,
      note: { key: 'note.day' },
    },
  };
}
