import { z } from 'zod';
import type { Account } from '../../core/account.ts';
import type { Challenge, FactorContext, Proved, Refused } from '../../core/challenge.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Identified } from '../../core/factor-powers.ts';
import type { Answer, SecretPrompt } from '../../core/prompt.ts';

/** A user name as typed, in UTF-16 code units, before and after normalisation. */
export const MAX_USERNAME = 256;
/** Bytes of UTF-8: longer passwords would only buy an attacker hashing time. */
export const MAX_PASSWORD = 1024;

const settings = z.strictObject({});
const pending = z.strictObject({});
type Pending = z.infer<typeof pending>;

function refuse(key: 'empty' | 'wrong' | 'unavailable', reason: string = key): Refused {
  return { outcome: 'refused', message: { key }, reason };
}

/** Asks for the password, and with `identifier` for the account as well. */
function prompt(identifier?: SecretPrompt['identifier']): SecretPrompt {
  return {
    kind: 'secret',
    title: { key: identifier ? 'title' : 'again.title' },
    ...(identifier && { identifier }),
    label: { key: 'label' },
    autocomplete: 'current-password',
  };
}

/** The user name of the form, normalised as far as every directory may rely on: NFKC, without outer white space. */
function identify(answer: Answer): Identified | Refused {
  const typed = answer.username ?? '';
  if (typed.length > MAX_USERNAME) return refuse('wrong', 'username-too-long');
  const username = typed.normalize('NFKC').trim();
  if (username === '' || !answer.password) return refuse('empty');
  // One character can become eighteen under NFKC.
  return username.length > MAX_USERNAME ? refuse('wrong', 'username-too-long') : { username };
}

/**
 * Asks the account's directory, also where there is no account: the directory then does the same work.
 * The password goes there as typed; preparing it (RFC 8265, RFC 4513) is the directory's affair.
 */
async function verify(
  ports: FactorPorts,
  answer: Answer,
  account: Account | undefined,
  context: FactorContext | undefined,
): Promise<Proved<never> | Refused> {
  const password = answer.password;
  if (!password) return refuse('empty');
  if (Buffer.byteLength(password) > MAX_PASSWORD) return refuse('wrong', 'password-too-long');
  const nobody = { name: answer.username, directory: context?.directory };
  const verdict = await ports.password.verify(account, password, nobody);
  if (verdict === 'unavailable') return refuse('unavailable', 'directory-unavailable');
  if (verdict === 'wrong' || !account) return refuse('wrong', account ? 'wrong-password' : 'no-account');
  const proof = { factor: 'password', credential: 'password', amr: ['pwd'], kinds: ['knowledge' as const] };
  const renew = verdict === 'ok' ? {} : { renew: verdict };
  return {
    outcome: 'proved',
    proof: { ...proof, phishingResistant: false, attested: false, at: ports.now(), ...renew },
  };
}

function create(_settings: z.infer<typeof settings>, ports: FactorPorts): Factor<never, Pending> {
  const own = { label: { key: 'username' }, ...ports.identifier };
  const challenge = (identifier?: SecretPrompt['identifier']): Challenge<Pending> => ({
    prompt: prompt(identifier),
    pending: {},
  });
  return {
    challenge: async () => challenge(),
    verify: (_pending, _credentials, answer, account, context) => verify(ports, answer, account, context),
    usable: () => true,
    opens: {
      begin: async (hint) => challenge(hint === undefined ? own : { ...own, value: hint }),
      identify: async (_pending, answer) => identify(answer),
    },
  };
}

/** Something known, checked by the account's directory. It stores nothing. Fields: `username`, `password`. */
const password: FactorModule<z.infer<typeof settings>, never, Pending> = {
  id: 'password',
  kinds: ['knowledge'],
  amr: ['pwd'],
  asksDirectory: true,
  prompts: ['secret'],
  settings,
  credential: z.never(),
  pending,
  create,
};

export default password;
