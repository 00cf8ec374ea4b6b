import type { Account } from '../../core/account.ts';
import type { Proved, Refused } from '../../core/challenge.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Answer, Prompt } from '../../core/prompt.ts';
import { commands } from './commands.ts';
import { issue, operatorChoices, ownLifetimes } from './issue.ts';
import { credential, type Data, type Pass, type Pending, pending, type Settings, settings } from './schemas.ts';
import { findSecret } from './secret.ts';

const isSpent = ({ day, once, uses }: Data): boolean => (day ? day.length === 0 : once && uses > 0);
const isLive = (data: Data, now: number): boolean => data.starts <= now && now < data.expires;

/**
 * What a pass is worth beside a password. For one sign-in it is something that was handed over, and is gone with its
 * use: possession. One that is good again and again is a second thing that one knows, and never makes two factors.
 */
function worthOf({ once }: Data) {
  const kinds = [once ? ('possession' as const) : ('knowledge' as const)];
  return { kinds, phishingResistant: false, attested: false };
}

const refuse = (key: string): Refused => ({ outcome: 'refused', message: { key }, reason: key });

/** Time is told only to those who hold the pass. */
async function verify(passes: readonly Pass[], answer: Answer, account: Account | undefined, now: number) {
  const [pass] = passes;
  const { salt = '', hash = '', day = [hash] } = pass?.data ?? {};
  const shown = await findSecret(answer.code, { hashes: day, salt });
  if (shown === undefined || !pass || !account) return refuse('wrong');
  const { data } = pass;
  const left = data.day && { day: data.day.filter((other) => other !== shown) };
  if (isSpent(data)) return refuse('used');
  if (now < data.starts) return refuse('not-yet');
  if (now >= data.expires) return refuse('expired');
  const proved: Proved<Data> = {
    outcome: 'proved',
    proof: {
      factor: 'tap',
      credential: pass.id,
      amr: [data.once ? 'otp' : 'pwd'],
      ...worthOf(data),
      at: now,
      expires: data.expires,
      bootstrap: true,
      ...(data.day ? { signsInOnly: true } : {}),
    },
    update: { credential: pass.id, data: { ...data, ...left, uses: data.uses + 1 } },
  };
  return proved;
}

function stateOf({ data }: Pass, now: number) {
  if (isSpent(data)) return { message: { key: 'state.used' }, warn: false };
  if (now < data.starts) return { message: { key: 'state.not-yet' }, warn: false };
  if (data.day) return { message: { key: 'state.day', values: { count: data.day.length } }, warn: false };
  return { message: { key: data.once ? 'state.once' : 'state.several' }, warn: false };
}

function create(settings: Settings, ports: FactorPorts): Factor<Data, Pending> {
  const { length } = settings;
  const prompt: Prompt = {
    kind: 'code',
    title: { key: 'title' },
    text: { key: 'text' },
    label: { key: 'label' },
    numeric: false,
    length,
  };
  const lifetimes = ownLifetimes(settings);
  const own = lifetimes.length > 0;
  return {
    challenge: async () => ({ prompt, pending: {} }),
    verify: (_pending, passes, answer, account) => verify(passes, answer, account, ports.now()),
    usable: (_account, passes) => passes.some(({ data }) => isLive(data, ports.now()) && !isSpent(data)),
    issues: {
      issue: (account, _existing, options) => issue(settings, ports, account, options),
      operatorService: { choices: operatorChoices(settings) },
      ...(own && { selfService: { choices: [{ name: 'lifetime', options: lifetimes }] } }),
    },
    lends: {
      reserve: ({ data }) => data.own === true,
      signsInOnly: ({ data }) => data.day !== undefined,
    },
    // What owners give themselves, and what sets nothing up, says nothing of whoever lost the password.
    recovers: { code: 'issued', standsOn: ({ data }) => (data.own || data.day ? undefined : 'issued') },
    rates: {
      // Used up, it still carries the session that it opened, and no longer than until its end.
      atMost: ({ data }) => (ports.now() < data.expires ? worthOf(data) : { ...worthOf(data), kinds: [] }),
    },
    ...(own && { shows: { state: (pass) => stateOf(pass, ports.now()) } }),
  };
}

/** Temporary Access Pass: lent by the help desk or by oneself, to set up a method with. Field: `code`. */
const tap: FactorModule<Settings, Data, Pending> = {
  id: 'tap',
  kinds: ['possession', 'knowledge'],
  amr: ['otp', 'pwd'],
  prompts: ['code'],
  standing: 'bootstrap',
  settings,
  credential,
  pending,
  maximum: () => 1,
  commands,
  create,
};

export default tap;
