import type { Account } from '../../core/account.ts';
import type { Challenge, Factor, FactorModule, FactorPorts } from '../../core/factor.ts';
import type { CodePrompt } from '../../core/prompt.ts';
import { defaultName } from './names.ts';
import { encodeSecret, SECRET_BYTES } from './otp.ts';
import { credential, type Data, type Enrolled, type Pending, pending, type Settings, settings } from './schemas.ts';
import { setupOf } from './setup.ts';
import { confirm, verify } from './verify.ts';

function enrol(
  settings: Settings,
  ports: FactorPorts,
  account: Account,
  existing: readonly Enrolled[],
): Challenge<Pending> {
  const { algorithm, digits, period } = settings;
  const secret = encodeSecret(ports.random(SECRET_BYTES[algorithm]));
  const parameters = { secret, algorithm, digits, period };
  const names = existing.map(({ name }) => name);
  return {
    prompt: {
      kind: 'code',
      title: { key: 'setup.title' },
      text: { key: 'setup.text' },
      label: { key: 'setup.label' },
      numeric: true,
      length: digits,
      setup: setupOf(parameters, settings.issuer ?? ports.serviceName, account.username),
    },
    pending: { kind: 'enrol', ...parameters, name: defaultName(account.locale, names) },
  };
}

/** One prompt for all of the account's authenticators: the code itself tells which one. */
function challenge(credentials: readonly Enrolled[], usual: number): Challenge<Pending> {
  const [only, ...others] = credentials;
  const digits = only?.data.digits ?? usual;
  const prompt: CodePrompt = {
    kind: 'code',
    title: { key: 'title' },
    text: only && others.length === 0 ? { key: 'text.one', values: { name: only.name } } : { key: 'text' },
    label: { key: 'label' },
    numeric: true,
    length: digits,
  };
  return { prompt, pending: { kind: 'challenge', credentials: credentials.map(({ id }) => id) } };
}

function create(settings: Settings, ports: FactorPorts): Factor<Data, Pending> {
  const { window } = settings;
  return {
    enrol: async (account, existing) => enrol(settings, ports, account, existing),
    confirm: async (pending, answer) => confirm(pending, answer, ports.now(), window),
    challenge: async (_account, credentials) => challenge(credentials, settings.digits),
    verify: async (pending, credentials, answer, account) =>
      verify(pending, credentials, answer, account, { now: ports.now(), window }),
  };
}

/** Time-based one-time passwords of authenticator apps (RFC 6238). Fields: `code`, and at enrolment `name`. */
const totp: FactorModule<Settings, Data, Pending> = {
  id: 'totp',
  kinds: ['possession'],
  amr: ['otp'],
  prompts: ['code'],
  settings,
  credential,
  pending,
  create,
};

export default totp;
