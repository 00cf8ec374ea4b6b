import type { Challenge, Confirmed, Further, Refused } from '../../core/challenge.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Answer, CodePrompt, Message } from '../../core/prompt.ts';
import { commands } from './commands.ts';
import { defaultName } from './names.ts';
import { encodeSecret, SECRET_BYTES } from './otp.ts';
import {
  type Chooser,
  credential,
  type Data,
  type Enrolled,
  isApp,
  isHeld,
  type Pending,
  type Person,
  pending,
  type Settings,
  settings,
} from './schemas.ts';
import { setupOf } from './setup.ts';
import { assignToken } from './tokens/assign.ts';
import { askForToken, choose, chooserOf, claim, lookupOf, personOf } from './tokens/claim.ts';
import { createTokens, sealedTokens } from './tokens/store.ts';
import { createTakingOver } from './tokens/taking-over.ts';
import { normaliseSerial } from './tokens/token.ts';
import { verifyHeld } from './tokens/verify.ts';
import { confirm, verify } from './verify.ts';

/** An app: what to add to it, and a code that shows that it was. */
function setUpApp(settings: Settings, ports: FactorPorts, person: Person, chosen?: Chooser): Challenge<Pending> {
  const { algorithm, digits, period } = settings;
  const secret = encodeSecret(ports.random(SECRET_BYTES[algorithm]));
  const parameters = { secret, algorithm, digits, period };
  return {
    prompt: {
      kind: 'code',
      title: { key: 'setup.title' },
      text: { key: 'setup.text' },
      label: { key: 'setup.label' },
      numeric: true,
      length: digits,
      setup: setupOf(parameters, settings.issuer ?? ports.serviceName, person.username),
      ...(chosen && { restart: { key: 'choose.back' } }),
    },
    pending: {
      kind: 'enrol',
      ...parameters,
      name: defaultName(person.locale, person.names),
      ...(chosen && { chosen }),
    },
  };
}

/** One prompt for all of the account's authenticators: the code itself tells which one. */
function challenge(credentials: readonly Enrolled[], usual: number): Challenge<Pending> {
  const prompt: CodePrompt = {
    kind: 'code',
    title: { key: 'title' },
    text: textFor(credentials),
    label: { key: 'label' },
    numeric: true,
    ...lengthFor(credentials, usual),
  };
  return { prompt, pending: { kind: 'challenge', credentials: credentials.map(({ id }) => id) } };
}

/** Nothing is said of the length where authenticators differ in it. */
function lengthFor(credentials: readonly Enrolled[], usual: number): { length?: number } {
  const [length = usual, ...others] = new Set(credentials.map(({ data }) => data.digits));
  return others.length > 0 ? {} : { length };
}

function textFor(credentials: readonly Enrolled[]): Message {
  const [only, ...others] = credentials;
  if (only === undefined || others.length > 0) return { key: credentials.some(isHeld) ? 'text.any' : 'text' };
  return { key: isHeld(only) ? 'text.token' : 'text.one', values: { name: only.name } };
}

function create(settings: Settings, ports: FactorPorts): Factor<Data, Pending> {
  const { window, tokens: limits } = settings;
  const tokens = createTokens(ports);

  async function confirmed(pending: Pending, answer: Answer): Promise<Confirmed<Data> | Refused | Further<Pending>> {
    const chooser = pending.kind === 'enrol' ? pending.chosen : pending.kind === 'challenge' ? undefined : pending;
    if (chooser && answer.restart === 'yes') return { outcome: 'further', ...choose(chooser) };
    if (pending.kind === 'claim') return await claim(pending, answer, { now: ports.now(), limits, tokens });
    if (pending.kind === 'choose') {
      const { account, held } = pending;
      const chosen = { account, held };
      if (answer.choice === 'app') return { outcome: 'further', ...setUpApp(settings, ports, account, chosen) };
      if (answer.choice === 'token') return { outcome: 'further', ...askForToken(chosen) };
      return { outcome: 'refused', message: { key: 'try-again' }, reason: 'malformed' };
    }
    return confirm(pending, answer, ports.now(), window);
  }

  const verifies: Factor<Data, Pending>['verify'] = async (pending, credentials, answer, account) => {
    const now = ports.now();
    const app = verify(pending, credentials, answer, account, { now, window });
    if (app.outcome === 'proved') return app;
    const held = await verifyHeld(pending, credentials, answer, account, { now, limits, tokens });
    // The more telling of two refusals: a code that is no token's may still be an app's of a moment ago.
    if (held === undefined || (held.outcome === 'refused' && held.reason === 'wrong')) return app;
    return held;
  };

  return {
    challenge: async (_account, credentials) => challenge(credentials, settings.digits),
    verify: verifies,
    usable: (_account, credentials) => credentials.length > 0,
    enrols: {
      async begin(account, existing) {
        if (limits.claim && (await tokens.any())) return choose(chooserOf(account, existing));
        return setUpApp(settings, ports, personOf(account, existing));
      },
      confirm: confirmed,
    },
    assigns: {
      assign: (account, existing, typed) => assignToken({ now: ports.now, tokens }, account, existing, typed),
      lookupOf(typed) {
        const serial = normaliseSerial(typed);
        return serial === undefined ? undefined : lookupOf(serial)[0];
      },
    },
    takesOver: createTakingOver({ now: ports.now, tokens }),
    sorts: { sortOf: (credential) => (isHeld(credential) ? 'token.method' : undefined) },
    moves: { onPhone: (credential) => (isApp(credential) ? { key: 'phone' } : undefined) },
    recovers: { standsOn: (credential) => (isApp(credential) ? 'phone' : 'token') },
  };
}

/**
 * One-time passwords (RFC 6238, RFC 4226): of authenticator apps, and of hardware tokens that were imported.
 * Fields: `code`; at enrolment `name`, `choice`, `serial` and `first`.
 */
const totp: FactorModule<Settings, Data, Pending> = {
  id: 'totp',
  kinds: ['possession'],
  amr: ['otp'],
  // What a sign-in asks for; `choice` stands in enrolment alone, which only pages offer.
  prompts: ['code'],
  settings,
  credential,
  pending,
  sealed: [sealedTokens],
  commands,
  create,
};

export default totp;
