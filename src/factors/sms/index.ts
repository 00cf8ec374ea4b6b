import type { Account } from '../../core/account.ts';
import type { Challenge, FactorContext, Proved, Refused } from '../../core/challenge.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Answer } from '../../core/prompt.ts';
import { commands } from './commands.ts';
import { createConversions } from './conversions.ts';
import { createDispatch, type Dispatched } from './dispatch.ts';
import { createEnrolling } from './enrol.ts';
import { countryOf } from './numbers.ts';
import { askCode } from './prompts.ts';
import { credential, type Data, type Enrolled, type Pending, pending } from './schemas.ts';
import { type Settings, settings } from './settings.ts';
import { createTakingOver } from './taking-over.ts';
import { addressed, faultOf, proofAt, refuse } from './verify.ts';

/** The one in use, and the new one while numbers are changed. */
const MAXIMUM = 2;

/** Why there is no message yet, and when there can be one. */
function unsentOf(result: Dispatched) {
  if ('sent' in result) return {};
  const { message: unsent, after, soon } = result;
  return { unsent, ...(after === undefined ? {} : { after }), ...(soon ? { itself: soon } : {}) };
}

function create(settings: Settings, ports: FactorPorts): Factor<Data, Pending> {
  const { countries } = settings;
  const conversions = createConversions(settings, ports);
  const dispatch = createDispatch(settings, ports, conversions);
  const after = () => ports.now() + settings.resend * 1000;

  /**
   * A code goes out and is asked for; where none can, the prompt says why, and it can be tried again. The credentials
   * come with the one used last in front.
   */
  async function challenge(
    account: Account,
    credentials: readonly Enrolled[],
    context?: FactorContext,
  ): Promise<Challenge<Pending>> {
    const chosen = credentials.find(({ data }) => countryOf(data.number, countries)) ?? credentials[0];
    if (chosen === undefined) throw new Error('a code is to be sent, and there is no number');
    const { id, data } = chosen;
    const to = { account: account.id, number: data.number, locale: account.locale };
    const result = await dispatch(to, context);
    const sent = 'sent' in result ? { sent: result.sent } : {};
    const prompt = askCode({ number: data.number, after: after(), ...unsentOf(result) }, false);
    return { prompt, pending: { kind: 'challenge', credential: id, number: data.number, ...sent } };
  }

  async function verify(
    pending: Pending,
    credentials: readonly Enrolled[],
    answer: Answer,
    account: Account | undefined,
  ): Promise<Proved<Data> | Refused> {
    if (pending.kind !== 'challenge') return refuse('expired');
    const fault = faultOf(pending.sent, answer, ports.now());
    const found = addressed(pending, credentials, account);
    if (found === undefined) return refuse('changed');
    if (fault || pending.sent === undefined) return fault ?? refuse('unsent');
    const { sent } = pending;
    if (found.data.used === sent.id) return refuse('used');
    await conversions.cameBack(sent);
    const update = { credential: found.id, data: { number: found.data.number, used: sent.id } };
    return { outcome: 'proved', proof: { ...proofAt(ports.now()), credential: found.id }, update };
  }

  /** To the same number as before, and only while it is still the account's. */
  async function resend(
    pending: Pending,
    account: Account,
    credentials: readonly Enrolled[],
    context?: FactorContext,
  ): Promise<Challenge<Pending> | Refused> {
    if (pending.kind === 'number') return refuse('expired');
    if (pending.kind === 'challenge' && !addressed(pending, credentials, account)) return refuse('changed');
    if (pending.kind === 'enrol' && pending.account !== account.id) return refuse('changed');
    const locale = pending.kind === 'enrol' ? pending.locale : account.locale;
    const result = await dispatch({ account: account.id, number: pending.number, locale }, context);
    if (!('sent' in result)) return { outcome: 'refused', message: result.message, reason: result.reason };
    const prompt = askCode({ number: pending.number, after: after() }, pending.kind === 'enrol');
    return { prompt, pending: { ...pending, sent: result.sent } };
  }

  return {
    challenge,
    verify,
    usable: (_account, credentials) => credentials.some(({ data }) => countryOf(data.number, countries) !== undefined),
    enrols: createEnrolling(settings, { now: () => ports.now(), after, dispatch, conversions }),
    resends: { resend },
    // Whose number it is, another product says: for a forgotten password that isn't enough.
    recovers: { standsOn: ({ data }) => (data.unproven ? undefined : 'phone') },
    shows: {
      state: ({ data }) => (data.unproven ? { message: { key: 'state.unproven' }, warn: false } : undefined),
    },
    takesOver: createTakingOver(settings),
    moves: { onPhone: ({ name, data }) => ({ key: 'phone', unlike: name.includes(data.number.slice(-3)) }) },
  };
}

/**
 * Codes by text message: six digits, good for three minutes and for the sign-in that asked for them. Fields: `code`,
 * which is the number at the beginning of an enrolment, `name` there, and `resend`.
 */
const sms: FactorModule<Settings, Data, Pending> = {
  id: 'sms',
  kinds: ['possession'],
  amr: ['sms'],
  prompts: ['code'],
  sends: ['text'],
  settings,
  credential,
  pending,
  maximum: () => MAXIMUM,
  commands,
  create,
};

export default sms;
