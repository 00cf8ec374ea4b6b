import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { Evaluation } from '../../core/sign-in.ts';
import type { OidcApplication } from './application.ts';
import { evaluationOf } from './evaluation.ts';
import type { OidcPorts } from './ports.ts';

const { Check, Prompt, base } = interactionPolicy;

/** oidc-provider's own checks that policy and evidence answer instead. */
const REPLACED = ['no_session', 'max_age', 'essential_acrs', 'essential_acr'];

/**
 * The order in which an authorization request is held up: choose the account, sign in, step up, consent.
 * With `prompt=none` the first check that asks gives its error to the application.
 */
export function prompts(ports: OidcPorts) {
  const policy = base();
  const possible = possibleAtAll(ports);

  const login = promptOf(policy, 'login');
  for (const reason of REPLACED) login.checks.remove(reason);
  login.checks.add(possible, 0);
  login.checks.add(
    new Check(
      'first_factor',
      'End-User authentication is required',
      'login_required',
      asks(ports, (it) => it.missing === 'first'),
    ),
  );
  policy.add(stepUp(ports), 1);

  const selectAccount = new Prompt({ name: 'select_account', requestable: true });
  selectAccount.checks.add(possible, 0);
  policy.add(selectAccount, 0);

  const consent = promptOf(policy, 'consent');
  consent.checks.remove('native_client_prompt');
  consent.checks.add(
    new Check('native_client_prompt', 'native clients require End-User interaction', 'interaction_required', (ctx) =>
      couldBeAnybody(ports, ctx),
    ),
  );
  return policy;
}

function promptOf(policy: ReturnType<typeof base>, name: string) {
  const found = policy.get(name);
  if (found === undefined) throw new Error(`oidc-provider has no ${name} prompt`);
  return found;
}

function asks(ports: OidcPorts, question: (evaluation: Evaluation) => boolean) {
  return async (ctx: KoaContextWithOIDC) => question(await evaluationOf(ports, ctx));
}

/** The application's own affair: nobody is asked for anything first, and no page blames a person's methods. */
function possibleAtAll(ports: OidcPorts) {
  return new Check('possible', 'the request can be met', async (ctx) => {
    const { impossible } = await evaluationOf(ports, ctx);
    if (impossible) throw new errors.UnmetAuthenticationRequirements('no such class is offered here');
    return false;
  });
}

/** Whatever policy and the application want beyond the first factor. */
function stepUp(ports: OidcPorts) {
  return new Prompt(
    { name: 'step_up' },
    new Check(
      'denied',
      'policy does not allow this sign-in',
      'access_denied',
      asks(ports, (it) => it.missing === 'denied'),
    ),
    new Check(
      'unmet_acr',
      'none of the requested authentication context classes can be reached',
      'unmet_authentication_requirements',
      asks(ports, (it) => it.unreachable && it.missing !== 'first'),
    ),
    new Check(
      'second_factor',
      'another step is required',
      'interaction_required',
      // Whatever is missing: what isn't satisfied never goes on.
      asks(ports, (it) => !it.satisfied),
    ),
  );
}

/**
 * Whether this may be another program that calls itself by a native application's name, and the person has seen
 * nothing of it yet (RFC 8252 section 8.6): anybody may listen on loopback or claim a scheme. An https address that
 * the operating system gives to its owner alone proves who it is.
 */
function couldBeAnybody({ applications }: OidcPorts, { oidc }: KoaContextWithOIDC): boolean {
  const { client, params, result } = oidc;
  if (client?.applicationType !== 'native' || params?.response_type === 'none' || result?.consent) return false;
  // The person has typed its code, and was asked about it.
  if (oidc.entities.DeviceCode !== undefined) return false;
  const application = applications.get(client.clientId);
  if (application === undefined) return true;
  if ((application.settings as OidcApplication).dangerouslySilentNative) return false;
  if (application.consent !== 'institution') return true;
  // A page of this very request named the application, and the person went on from it.
  const acted = result?.login !== undefined || result?.select_account !== undefined;
  return !acted && !isClaimed(params?.redirect_uri);
}

function isClaimed(uri: unknown): boolean {
  const url = URL.parse(String(uri));
  return url?.protocol === 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
