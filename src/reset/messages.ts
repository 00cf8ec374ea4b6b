import type { Contacts } from '../accounts/contacts.ts';
import type { Account } from '../core/account.ts';
import type { Browser } from '../core/browser.ts';
import type { Budget, LimitPort } from '../core/limit.ts';
import type { Destination, Said } from '../core/post.ts';
import type { Attempts } from '../lockout/attempts.ts';
import { budgetKey } from '../policy/index.ts';
import type { Demands } from './demands.ts';
import type { ResetNeeds } from './needs.ts';
import { PATIENCE, TEXT_VALID } from './states.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A code that somebody asked for. */
export interface Wanted {
  /** As typed, or whose it is. */
  who: { name: string } | { account: Account };
  way: 'mail' | 'text';
  code: string;
  sentAt: number;
  link: string;
}

interface Parts {
  attempts: Attempts;
  contacts: Contacts;
  demands: Demands;
  limit: LimitPort;
}

/**
 * Messages to whoever forgot their password, off the request's path: whether there is anybody, and how much there was
 * to do for them, no answer and no time tells.
 */
export function createMessages(deps: Pick<ResetNeeds, 'post' | 'reset' | 'audit' | 'log' | 'now'>, parts: Parts) {
  const { post, reset, audit, log } = deps;
  const { attempts, contacts, demands, limit } = parts;
  const underWay = new Set<Promise<void>>();

  /** A browser that the account knows has messages of its own: strangers can't use up its owner's. `id`: of nobody, too. */
  async function budgetsOf(id: string, browser: Browser): Promise<Budget[]> {
    const most = reset.perHour.messages;
    if (await attempts.knows(id, browser)) return [{ name: 'known', of: `${id} ${browser.known}`, most, per: HOUR }];
    return [
      // Of one address's, so that a stranger has to come from several before the owner's other browsers get none.
      { name: 'one-address', of: `${id} ${budgetKey(browser.ip)}`, most: Math.ceil(most / 2), per: HOUR },
      { name: 'account', of: id, most, per: HOUR },
      { name: 'account-day', of: id, most: 4 * most, per: DAY },
    ];
  }

  async function sendAll(account: Account, to: readonly Destination[], said: Said, locale: string): Promise<void> {
    for (const one of to) await post.send(one, said, { account, locale });
  }

  /** To all that the directory and its owner gave: once a day, for it opens nothing. */
  async function tellWhere(account: Account, locale: string): Promise<void> {
    const told = await limit.count([{ name: 'elsewhere', of: account.id, most: 1, per: DAY }]);
    if (!told.allowed) return;
    const registered = (await contacts.ofAccount(account.id)).filter(({ kind }) => kind === 'mail');
    const mailboxes = [...(account.email ? [account.email] : []), ...registered.map(({ to }) => to)];
    const where = reset.elsewhere.get(account.directory);
    const said: Said = { what: 'reset-elsewhere', ...(where ? { where } : {}) };
    await sendAll(
      account,
      mailboxes.map((to) => ({ channel: 'mail', to })),
      said,
      locale,
    );
  }

  async function deliver({ who, way, code, sentAt, link }: Wanted, browser: Browser): Promise<void> {
    const { account: found, subject } =
      'account' in who ? { account: who.account, subject: who.account.id } : await demands.named(who.name);
    const to = await demands.serving(subject, found?.email, way, sentAt);
    const { ip, userAgent, reference } = browser;
    const facts = { ip, userAgent, reference, way };
    // Counted for nobody as well: once it is spent, not even the work tells whom a message would go to.
    const { allowed } = await limit.count(await budgetsOf(subject, browser));
    if (found === undefined) return audit.note({ event: 'reset.asked', ...facts });
    const changeable = demands.changeable(found);
    // More is done for nobody but those to whom something goes out.
    const account = allowed && (to.length > 0 || !changeable) ? await demands.entitled(found) : undefined;
    const messages = account && changeable ? to.length : 0;
    audit.note({ event: 'reset.asked', account: found.id, ...facts, messages });
    if (account === undefined) return;
    if (!changeable) return tellWhere(account, browser.locale);
    const minutes = (way === 'text' ? TEXT_VALID : PATIENCE) / 60_000;
    const destinations = to.map(({ kind: channel, to: there, country }) => ({
      channel,
      to: there,
      ...(country ? { country } : {}),
    }));
    await sendAll(account, destinations, { what: 'reset-code', code, minutes, link }, browser.locale);
  }

  return {
    /** Returns at once. */
    send(wanted: Wanted, browser: Browser): void {
      const sent = deliver(wanted, browser)
        .catch((error: unknown) => log.warn({ err: error, reference: browser.reference }, 'a code could not be sent'))
        .finally(() => underWay.delete(sent));
      underWay.add(sent);
    },

    /** Waits for what is under way. */
    async close(): Promise<void> {
      await Promise.all(underWay);
    },
  };
}

export type Messages = ReturnType<typeof createMessages>;
