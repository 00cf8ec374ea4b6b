import './runtime.ts';
import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import express from 'express';
import type { DoorModule } from '../../core/door.ts';
import { PROMPT_KINDS } from '../../core/prompt.ts';
import { type OidcApplication, type OidcSettings, oidcApplication, oidcSettings } from './application.ts';
import { checkApplications } from './clients.ts';
import { createCore } from './core.ts';
import { signingKeys } from './keys.ts';
import { postedRequests } from './post.ts';
import { createProvider } from './provider.ts';
import { isOurs } from './routes.ts';
import { SessionAdapter } from './sessions.ts';
import { createSubjects } from './subjects.ts';

/** OpenID Connect, and the core: its session is the single sign-on session of every door. */
const oidc: DoorModule<OidcSettings, OidcApplication> = {
  id: 'oidc',
  prompts: PROMPT_KINDS,
  settings: oidcSettings,
  application: oidcApplication,
  check: checkApplications,

  async create(settings, ports) {
    const sessions = new SessionAdapter(ports.ephemeral, ports.sessions.lifetime);
    const jwks = await signingKeys(ports.durable, ports.sealer, ports.now);
    const subjects = createSubjects(await pairwiseSalt(ports.durable.state('oidc')));
    const provider = createProvider(settings, ports, sessions, jwks, subjects);
    provider.on('server_error', (ctx, err) => {
      ctx.state.failure = err;
    });
    (provider as EventEmitter).on('error', (err) => ports.log.error({ err }, 'oidc-provider failed'));

    const answer = provider.callback();
    const router = express.Router();
    router.use(postedRequests(ports.ephemeral));
    router.use((req, res, next) => (isOurs(req.path) ? answer(req, res) : next()));
    return { handler: router, core: createCore(provider, sessions, ports, subjects) };
  },
};

/** Made once: pairwise subjects (OpenID Connect Core section 8.1) must never change. */
async function pairwiseSalt(state: {
  get(key: string): Promise<{ value: string } | undefined>;
  set(key: string, value: string, version: number): Promise<boolean>;
}): Promise<string> {
  const existing = await state.get('pairwise-salt');
  if (existing) return existing.value;
  await state.set('pairwise-salt', randomBytes(32).toString('base64url'), 0);
  return pairwiseSalt(state);
}

export default oidc;
