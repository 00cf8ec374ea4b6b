import { z } from 'zod';
import type { Account } from '../../core/account.ts';
import type { FactorContext } from '../../core/challenge.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Answer, PromptKind } from '../../core/prompt.ts';
import { createAsking, refuse } from './asking.ts';
import { createAuthApi } from './auth-api.ts';
import { examine } from './examine.ts';
import { createLeaving } from './leaving.ts';
import { askToLeave } from './prompts.ts';
import { createPushes } from './pushes.ts';
import { type Pending, pending } from './schemas.ts';
import { type Settings, settings } from './settings.ts';
import { createUniversal } from './universal.ts';

const PAGE: readonly PromptKind[] = ['redirect'];
const WITHOUT_PAGE: readonly PromptKind[] = ['code', 'number', 'wait'];

const canAll = (kinds: readonly PromptKind[], { presents }: FactorContext = {}): boolean =>
  presents === undefined || kinds.every((kind) => presents.includes(kind));

function create(settings: Settings, ports: FactorPorts): Factor<never, Pending> {
  const leaving = settings.web ? createLeaving(createUniversal(settings, ports), ports) : undefined;
  const api = settings.api ? createAuthApi(settings, ports) : undefined;
  const pushes = api ? createPushes(api, ports) : undefined;
  const asking = api && pushes ? createAsking(settings, ports, { api, pushes }) : undefined;

  /** What Duo calls somebody: never what another house does, or whoever chose a name there would have a stranger's phone asked. */
  function nameOf(account: Account): string | undefined {
    const name = settings.username === 'email' ? account.email : account.username;
    return name && ports.isOurName(account, name) ? name : undefined;
  }

  const leads = (context?: FactorContext): boolean => leaving !== undefined && canAll(PAGE, context);
  const asks = (context?: FactorContext): boolean => asking !== undefined && canAll(WITHOUT_PAGE, context);

  /** It is the same person's still, and Duo's name for them the same. */
  const stands = ({ account: id, username }: Pending, account: Account | undefined): boolean =>
    account?.id === id && nameOf(account) === username;

  async function challenge(account: Account, context?: FactorContext) {
    const username = nameOf(account);
    if (username === undefined) throw new Error('Duo is to be asked about somebody, and there is no name for them');
    const whom = { account: account.id, username };
    if (leads(context) || asking === undefined) {
      return { prompt: askToLeave(), pending: { kind: 'leading' as const, ...whom } };
    }
    return asking.challenge(whom, context);
  }

  async function verify(pending: Pending, answer: Answer, account: Account | undefined) {
    if (!stands(pending, account)) return refuse('changed', 'changed', { final: true });
    if (pending.kind === 'left' && leaving) return leaving.answered(pending, answer);
    if (pending.kind === 'asked' && asking) return asking.verify(pending, answer.code);
    return refuse('nothing was asked at Duo', 'leave.first');
  }

  return {
    challenge: (account, _credentials, context) => challenge(account, context),
    verify: (pending, _credentials, answer, account) => verify(pending, answer, account),
    usable: (account, _credentials, context) => nameOf(account) !== undefined && (leads(context) || asks(context)),
    // What Duo signs can't be guessed; a code can.
    guess: ({ code, duo_code: exchanged }) => code !== undefined && code.trim() !== '' && exchanged === undefined,
    ...(leaving
      ? {
          redirects: {
            returns: 'state',
            async leave(pending, account, _credentials, trip) {
              if (!stands(pending, account)) return refuse('changed', 'changed', { final: true });
              return leaving.leave(pending, trip);
            },
          },
        }
      : {}),
    ...(asking
      ? {
          resends: {
            /** Another push, once the one before has ended. */
            async resend(pending, account, _credentials, context) {
              if (!stands(pending, account) || pending.kind !== 'asked')
                return refuse('changed', 'changed', { final: true });
              if (pending.push && ports.now() < pending.push.expires) return refuse('too soon', 'resend-soon');
              return asking.challenge({ account: account.id, username: pending.username }, context);
            },
          },
        }
      : {}),
    runs: { start: async () => {}, close: async () => pushes?.close() },
  };
}

/**
 * Duo as a second step, while an institution moves away from it: its Universal Prompt where there is a browser, its Auth
 * API where there is none. Nothing is set up here, and a rule has to name it: whom Duo lets pass is Duo's affair, what
 * that is worth is ours. Fields: `code`, `resend`, and those with which a browser comes back: `duo_code`, `state`, `error`.
 */
const duo: FactorModule<Settings, never, Pending> = {
  id: 'duo',
  kinds: ['possession'],
  amr: ['swk', 'pop', 'otp', 'sms', 'tel', 'hwk'],
  prompts: PAGE,
  otherwise: WITHOUT_PAGE,
  lacks({ web, api }, presents) {
    const [page, without] = [PAGE, WITHOUT_PAGE].map((kinds) => canAll(kinds, { presents }));
    if ((page && web) || (without && api)) return undefined;
    return page ? 'web' : without ? 'api' : undefined;
  },
  onlyIfNamed: true,
  implied: true,
  settings,
  credential: z.never(),
  pending,
  examine,
  create,
};

export default duo;
