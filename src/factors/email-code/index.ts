import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Account } from '../../core/account.ts';
import type { Challenge, FactorContext, Proved, Refused } from '../../core/challenge.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Answer, CodePrompt, Message } from '../../core/prompt.ts';
import { typedDigits } from '../../core/typed.ts';
import { createDispatch, DIGITS, VALID } from './dispatch.ts';
import { type Pending, pending } from './schemas.ts';
import { type Settings, settings } from './settings.ts';
import { masked } from './texts.ts';

/** How far the clocks of two nodes may be apart, milliseconds. */
const SKEW = 5_000;

type Reason = 'malformed' | 'wrong' | 'expired' | 'unsent' | 'changed';

const MESSAGES: Readonly<Record<Reason, string>> = {
  malformed: 'wrong',
  wrong: 'wrong',
  expired: 'expired',
  unsent: 'unsent',
  changed: 'changed',
};

const refuse = (reason: Reason): Refused => ({ outcome: 'refused', message: { key: MESSAGES[reason] }, reason });

/** The mailbox, as the directory has it now. */
const mailboxOf = (account: Account | undefined): string | undefined => account?.email || undefined;

function create(settings: Settings, ports: FactorPorts): Factor<never, Pending> {
  const dispatch = createDispatch(settings, ports);

  const ask = (mailbox: string, unsent?: Message): CodePrompt => ({
    kind: 'code',
    title: { key: 'title' },
    text: unsent ?? { key: 'text', values: { mailbox: masked(mailbox) } },
    label: { key: 'label' },
    numeric: true,
    length: DIGITS,
    resend: { after: ports.now() + settings.resend * 1000, label: { key: 'resend' } },
  });

  async function challenge(account: Account, context: FactorContext | undefined): Promise<Challenge<Pending>> {
    const mailbox = mailboxOf(account);
    if (mailbox === undefined) throw new Error('a code is to be sent, and there is no mailbox');
    const result = await dispatch(account, mailbox, context);
    const kept = { account: account.id, mailbox };
    if ('sent' in result) return { prompt: ask(mailbox), pending: { ...kept, sent: result.sent } };
    return { prompt: ask(mailbox, result.message), pending: kept };
  }

  /** It is the same person's still, and the same mailbox. */
  const stands = ({ account: id, mailbox }: Pending, account: Account | undefined): boolean =>
    account?.id === id && mailboxOf(account) === mailbox;

  function verify(pending: Pending, answer: Answer, account: Account | undefined): Proved<never> | Refused {
    const code = typedDigits(answer.code, DIGITS);
    const { sent } = pending;
    if (!stands(pending, account)) return refuse('changed');
    if (code === undefined) return refuse('malformed');
    if (sent === undefined) return refuse('unsent');
    const at = ports.now();
    const age = at - sent.at;
    if (age > VALID || age < -SKEW) return refuse('expired');
    if (!timingSafeEqual(Buffer.from(code), Buffer.from(sent.code))) return refuse('wrong');
    const proof = { factor: 'email-code', credential: 'email-code', amr: ['otp'], kinds: ['possession' as const] };
    return { outcome: 'proved', proof: { ...proof, phishingResistant: false, attested: false, at } };
  }

  return {
    challenge: (account, _credentials, context) => challenge(account, context),
    verify: async (pending, _credentials, answer, account) => verify(pending, answer, account),
    usable: (account) => mailboxOf(account) !== undefined,
    resends: {
      /** To the same mailbox as before, and only while it is still the account's. */
      async resend(pending, account, _credentials, context) {
        if (!stands(pending, account)) return refuse('changed');
        const result = await dispatch(account, pending.mailbox, context);
        if (!('sent' in result)) return { outcome: 'refused', message: result.message, reason: result.reason };
        return { prompt: ask(pending.mailbox), pending: { ...pending, sent: result.sent } };
      },
    },
  };
}

/**
 * Codes by e-mail: six digits, good for ten minutes and for the sign-in that asked for them, to the address that the
 * directory has. Nothing is set up and nothing kept. A rule has to name it: whoever reads the mailbox passes. Fields:
 * `code`, `resend`.
 */
const emailCode: FactorModule<Settings, never, Pending> = {
  id: 'email-code',
  kinds: ['possession'],
  amr: ['otp'],
  prompts: ['code'],
  sends: ['mail'],
  onlyIfNamed: true,
  implied: true,
  settings,
  credential: z.never(),
  pending,
  create,
};

export default emailCode;
