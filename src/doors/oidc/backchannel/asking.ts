import {
  type AdapterPayload,
  type BackchannelAuthenticationRequest,
  errors,
  type KoaContextWithOIDC,
  type Provider,
} from 'oidc-provider';
import { hasCode, TooManyError } from '../../../core/errors.ts';
import type { JourneyStep } from '../../../core/journey.ts';
import { taggedKey } from '../../../core/keys.ts';
import { hashOf } from '../adapter.ts';
import type { OidcSettings } from '../application.ts';
import type { AuthorizationParams } from '../evaluation.ts';
import { wantsOf } from '../evaluation.ts';
import { withLeft } from '../in-hand.ts';
import { INTERVAL } from '../polled.ts';
import type { OidcPorts } from '../ports.ts';
import type { Decision, Look } from './adapter.ts';
import type { Fruitless } from './fruitless.ts';
import { grantFor } from './granting.ts';
import type { Later } from './later.ts';
import { oneAtATime } from './one-look.ts';
import { PRESENTS } from './presents.ts';

/** Requests in a row that nobody approved, of one person, whoever asks; and until there may be others. Milliseconds. */
const MOST = 3;
const WITHIN = 3_600_000;
/** How long a request is kept that its person can still be asked about, seconds: one minute to answer, one to fetch. */
export const LIFE = 120;

/** The sign-in behind a request, sealed under the hash of the request's id. */
interface Kept {
  journey: string;
  nonce: string;
  /** Until when the person can answer, epoch milliseconds. */
  until: number;
}

export interface BackchannelParts {
  ports: OidcPorts;
  settings: Pick<OidcSettings, 'resources'>;
  later: Later;
  fruitless: Fruitless;
  provider(): Provider;
}

const keptKey = (id: string): string => taggedKey('oidc:backchannel-sign-in', hashOf(id));
const budgetKey = (account: string): string => `oidc:backchannel-tries:{${account}}`;

/**
 * Authentication that an application begins (OpenID CIBA Core 1.0): nobody has shown anything, and there is no page. The
 * person's phone shows who asks and what for, and takes the number that the application shows them.
 */
export function createAsking({ ports, settings, later, fruitless, provider }: BackchannelParts) {
  const { ephemeral, sealer, audit } = ports;
  // No address of the person's is known: networks let nobody in, and attempts are counted for the application.
  const from = (application: string) => ({ ip: '', speaker: application });

  async function count(account: string, application: string): Promise<void> {
    const { allowed, retryAfter } = await ephemeral.attempt(budgetKey(account), MOST, WITHIN);
    if (allowed) return;
    fruitless.refused(application, 'too many unanswered', account);
    throw new TooManyError('too many requests that nobody approved', retryAfter);
  }

  /** What keeps somebody from being asked: an error of the protocol's, or that it is too soon. */
  function refusalOf(step: JourneyStep): Error {
    if (step.kind === 'prompt' && step.prompt.kind === 'wait' && step.prompt.resend)
      return new TooManyError('another request is too soon', Math.max(1_000, step.prompt.resend.after - ports.now()));
    return denied('policy is not content with what this person can be asked for');
  }

  /** Runs once a request is kept, and before it is answered: no id is told of one that nobody was asked about. */
  async function trigger(ctx: KoaContextWithOIDC, request: BackchannelAuthenticationRequest): Promise<void> {
    const [account, application, id] = [String(request.accountId), String(request.clientId), String(request.jti)];
    try {
      const params = request.params as AuthorizationParams;
      // One that names somebody in another way is counted already.
      if (params.login_hint === undefined) await fruitless.count(application);
      const { number, kept } = await ask(account, application, params);
      await fruitless.refund(application);
      const key = keptKey(id);
      await ephemeral.set(key, sealer.seal(JSON.stringify(kept), key), LIFE * 1000);
      ctx.body = { ...(ctx.body as object), interval: INTERVAL, binding_number: number };
      audit.note({ event: 'backchannel.asked', account, application });
    } catch (error) {
      await request.destroy();
      throw error;
    }
  }

  async function ask(account: string, application: string, params: AuthorizationParams) {
    await count(account, application);
    const { journey } = later.ports();
    const message = typeof params.binding_message === 'string' ? { message: params.binding_message } : {};
    const { id, step } = await journey.begin({
      ...{ application, wants: wantsOf(params), from: from(application), presents: PRESENTS },
      named: { account, ...message },
    });
    if (step.kind === 'prompt' && step.prompt.kind === 'number') {
      const { number, expires } = step.prompt;
      return { number, kept: { journey: id, nonce: step.nonce, until: expires } satisfies Kept };
    }
    // Nothing was sent, which is no reason to wait for the next.
    await ephemeral.refund(budgetKey(account));
    if (step.kind === 'prompt') await journey.leave(id);
    const refusal = refusalOf(step);
    fruitless.refused(application, refusal instanceof TooManyError ? 'too soon' : 'not by a phone', account);
    throw refusal;
  }

  async function keptOf(id: string): Promise<Kept | undefined> {
    const sealed = await ephemeral.get(keptKey(id));
    return sealed === undefined ? undefined : (JSON.parse(sealer.open(sealed, keptKey(id))) as Kept);
  }

  /** What the phone has said. Of any number of calls one hears that it was approved. */
  const look: Look = async (id, payload) => {
    const kept = await keptOf(id);
    const application = String(payload.clientId);
    if (kept === undefined) return undefined;
    const { journey } = later.ports();
    let step: JourneyStep;
    try {
      step = await journey.look(kept.journey, from(application));
    } catch (error) {
      if (hasCode(error, 'ERR_SIGN_IN_EXPIRED') || hasCode(error, 'ERR_NOT_FOUND')) return undefined;
      throw error;
    }
    if (step.kind === 'done') return approved(payload, step);
    if (step.kind === 'prompt' && step.prompt.kind === 'number') return undefined;
    if (step.kind === 'prompt') await journey.leave(kept.journey);
    return { error: ports.now() < kept.until ? 'access_denied' : 'expired_token' };
  };

  async function approved(payload: AdapterPayload, signedIn: JourneyStep & { kind: 'done' }): Promise<Decision> {
    const grant = await grantFor({ ports, settings, provider }, payload, signedIn);
    if (grant === undefined) return { error: 'access_denied' };
    await ephemeral.refund(budgetKey(signedIn.account.id));
    const grantId = await grant.save();
    // Before anybody can find that it was approved.
    await withLeft(async () => {});
    const { acr, amr, authTime } = signedIn;
    return { grantId, ...(acr ? { acr } : {}), amr: [...amr], authTime: Math.floor(authTime / 1000) };
  }

  return { trigger, look: oneAtATime(ports, look), keptOf };
}

export type Asking = ReturnType<typeof createAsking>;

/** CIBA Core 1.0 section 13. */
function denied(description: string): errors.AccessDenied {
  return Object.assign(new errors.AccessDenied(description), { status: 403, statusCode: 403 });
}
