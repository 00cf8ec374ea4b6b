import { randomBytes } from 'node:crypto';
import express from 'express';
import type { CoreModule, SessionListener } from '../../core/door.ts';
import { PROMPT_KINDS } from '../../core/prompt.ts';
import { nameRoute } from '../../core/route-name.ts';
import { type OidcApplication, type OidcSettings, oidcApplication, oidcSettings } from './application.ts';
import { checkApplications } from './clients.ts';
import { createCore } from './core.ts';
import { jwksOf, keyringOptions } from './keys.ts';
import { formsOfPrograms } from './parameters.ts';
import { postedRequests } from './post.ts';
import { createProvider } from './provider.ts';
import { FOR_PROGRAMS, routeOf } from './routes.ts';
import { createServing } from './serving.ts';
import { SessionAdapter } from './sessions.ts';
import { createSubjects } from './subjects.ts';

/** OpenID Connect, and the core: its session is the single sign-on session of every door. */
export const oidc: CoreModule<OidcSettings, OidcApplication> = {
  id: 'oidc',
  core: true,
  prompts: PROMPT_KINDS,
  settings: oidcSettings,
  application: oidcApplication,
  check: checkApplications,

  async create(settings, given) {
    const listeners = new Map<string, SessionListener>();
    const ports = { ...given, listeners };
    const sessions = new SessionAdapter(ports.ephemeral, ports.sessions.lifetime);
    const keyring = await ports.keyring('oidc', keyringOptions(settings, ports.sessions.lifetime));
    const subjects = createSubjects(await pairwiseSalt(ports.durable.state('oidc')));
    const build = () => createProvider(settings, ports, sessions, jwksOf(keyring.published()), subjects);
    const serving = createServing(keyring, build, ports.log);

    const router = express.Router();
    router.use(postedRequests(ports));
    router.use(formsOfPrograms(ports));
    router.use((req, res, next) => {
      const route = routeOf(req.path);
      if (route === undefined) return next();
      nameRoute(res, route);
      serving().answer(req, res, next);
    });
    const core = createCore(() => serving().provider, sessions, ports, subjects);
    const forPrograms = (path: string) => FOR_PROGRAMS.has(path);
    return {
      handler: router,
      forPrograms,
      core: { ...core, listen: (door, listener) => void listeners.set(door, listener) },
    };
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
