import { createHash } from 'node:crypto';
import { type ContactFault, contactTrouble, maskedContact, readContact } from '../accounts/contact-addresses.ts';
import type { Contact, ContactKind, Contacts } from '../accounts/contacts.ts';
import type { AuditFacts } from '../accounts/holds.ts';
import type { Account } from '../core/account.ts';
import type { Browser } from '../core/browser.ts';
import type { Budget, LimitPort } from '../core/limit.ts';
import type { Message } from '../core/prompt.ts';
import { lockedFor } from '../lockout/attempt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from '../methods/methods.ts';
import { budgetKey } from '../policy/index.ts';
import { isCode, newCode } from './codes.ts';
import type { ResetNeeds } from './needs.ts';

const HOUR = 3_600_000;
/** How long a code is good that shows whose a mailbox is, milliseconds. */
const VALID = 30 * 60_000;
/** Messages of an hour for one account, and to one mailbox or number, whoever asks. */
const MESSAGES = { account: 6, destination: 6, address: 60, installation: 2_000 } as const;

/** A mailbox or number that waits for its code. */
interface Waiting {
  account: string;
  contact: Pick<Contact, 'kind' | 'to' | 'country'>;
  code: string;
  at: number;
}

/** Whose it is, and by what right: asked again in the moment of the change. */
export interface Registering {
  account: Account;
  session: string;
  right(): Promise<boolean>;
}

/** `lost`: the right to it is gone. */
export type Registered = 'done' | 'lost' | { error: Message; again?: true };

interface Parts {
  attempts: Attempts;
  contacts: Contacts;
  methods: Methods;
  limit: LimitPort;
}

const keyOf = (session: string): string => `contact:${createHash('sha256').update(session).digest('base64url')}`;
const faultOf = (fault: ContactFault): { error: Message } => ({ error: { key: `contacts.fault.${fault}` } });
const busy = (): Registered => ({ error: { key: 'already-answered' } });

/** What people register for the day on which they forget their password: each shown to be theirs by a code. */
export function createRegistering(deps: ResetNeeds, { attempts, contacts, methods, limit }: Parts) {
  const { ephemeral, sealer, post, audit } = deps;
  const { contacts: rules } = deps.reset;

  const offered = (): ContactKind[] => [
    ...(post.carries('mail') ? (['mail'] as const) : []),
    ...(post.carries('text') && rules.countries.length > 0 ? (['text'] as const) : []),
  ];

  function budgets(account: string, to: string, ip: string): Budget[] {
    const hourly = (name: keyof typeof MESSAGES, of: string) => ({ name, of, most: MESSAGES[name], per: HOUR });
    return [
      hourly('account', account),
      hourly('destination', to.toLowerCase()),
      hourly('address', budgetKey(ip)),
      { ...hourly('installation', ''), shared: true },
    ];
  }

  async function waitingOf(session: string): Promise<Waiting | undefined> {
    const stored = await ephemeral.get(keyOf(session));
    return stored === undefined ? undefined : (JSON.parse(sealer.open(stored, keyOf(session))) as Waiting);
  }

  /** Within the exercise: the audit has it, and all older ones are told, before it is there. */
  async function keep({ account, session }: Registering, waiting: Waiting, facts: AuditFacts): Promise<Registered> {
    const { kind } = waiting.contact;
    // Of parallel right answers one adds it.
    if ((await ephemeral.take(keyOf(session))) === undefined) return busy();
    const refusal = await contacts.refusal(account.id, waiting.contact);
    if (refusal) return { error: { key: `contacts.${refusal}` } };
    await audit.commit({ ...facts, event: 'contact.added', account: account.id, kind });
    return (await contacts.add(account.id, waiting.contact)) ? 'done' : { error: { key: 'contacts.many' } };
  }

  return {
    /** What can be registered here. */
    offered,

    /** What there is to register before a code can reach them; nothing where one can, once it has settled. */
    async lacking({ id, email }: Account): Promise<ContactKind[]> {
      const all = await contacts.ofAccount(id);
      if (all.some((one) => contactTrouble(one, all, email, rules) === undefined)) return [];
      return offered().filter((kind) => kind === 'mail' || all.length === 0);
    },

    /** Sends a code to a mailbox or number, which isn't registered before that comes back. */
    async begin(
      { account, session }: Omit<Registering, 'right'>,
      kind: ContactKind,
      typed: string,
      browser: Browser,
    ): Promise<'sent' | { error: Message }> {
      const read = await readContact(kind, typed, rules);
      if ('fault' in read) return faultOf(read.fault);
      if (read.to.toLowerCase() === account.email?.toLowerCase()) return faultOf('own');
      const refusal = await contacts.refusal(account.id, read);
      if (refusal) return { error: { key: `contacts.${refusal}` } };
      const at = deps.now();
      const asked = budgets(account.id, read.to, browser.ip);
      const verdict = await limit.count(asked);
      if (!verdict.allowed) {
        return { error: { key: 'contacts.wait', values: { count: Math.ceil(verdict.retryAfter / 60_000) } } };
      }
      const code = newCode(deps.random);
      const key = keyOf(session);
      const waiting: Waiting = { account: account.id, contact: read, code, at };
      await ephemeral.set(key, sealer.seal(JSON.stringify(waiting), key), VALID);
      const { kind: channel, to, country } = read;
      const said = { what: 'contact-code', code, minutes: VALID / 60_000 } as const;
      const destination = { channel, to, ...(country ? { country } : {}) };
      if (await post.send(destination, said, { account, locale: browser.locale })) return 'sent';
      await limit.giveBack(asked, at);
      return { error: { key: 'contacts.not-sent' } };
    },

    /** Where a code is waited for; undefined where none is. */
    async waiting({ account, session }: Omit<Registering, 'right'>) {
      const waiting = await waitingOf(session);
      if (waiting?.account !== account.id) return undefined;
      return { kind: waiting.contact.kind, to: maskedContact(waiting.contact) };
    },

    async confirm(who: Registering, typed: string | undefined, browser: Browser, facts: AuditFacts) {
      const { account, session, right } = who;
      const waiting = await waitingOf(session);
      if (waiting?.account !== account.id) return { error: { key: 'expired-prompt' } };
      const attempt = { subject: account.id, factor: 'enrol-contact', opening: false };
      const turn = await attempts.count(attempt, browser);
      if (!turn.allowed) return { error: lockedFor(turn, attempt, deps.now()), again: true as const };
      if (deps.now() - waiting.at > VALID || !isCode(typed, waiting.code)) {
        await turn.failed({ ...facts, account: account.id });
        return { error: { key: 'contacts.wrong' }, again: true as const };
      }
      await turn.returned();
      return methods.exercise<Registered>({ account: account.id, right, busy, lost: () => 'lost' }, () =>
        keep(who, waiting, facts),
      );
    },

    /** Its address is told of that as well: the audit has it before it is gone. */
    remove({ account, right }: Omit<Registering, 'session'>, id: string, facts: AuditFacts): Promise<Registered> {
      return methods.exercise<Registered>({ account: account.id, right, busy, lost: () => 'lost' }, async () => {
        const found = (await contacts.ofAccount(account.id)).find((one) => one.id === id);
        if (found === undefined) return 'done';
        await audit.commit({ ...facts, event: 'contact.removed', account: account.id, kind: found.kind });
        await contacts.remove(account.id, id);
        return 'done';
      });
    },
  };
}

export type ContactRegistering = ReturnType<typeof createRegistering>;
