import { randomBytes } from 'node:crypto';
import express from 'express';
import type { CoreModule, SessionListener } from '../../core/door.ts';
import { PROMPT_KINDS } from '../../core/prompt.ts';
import { nameRoute } from '../../core/route-name.ts';
import { type OidcApplication, type OidcSettings, oidcApplication, oidcSettings } from './application.ts';
import { createBackchannel } from './backchannel/index.ts';
import { asks, certified, checkApplications } from './checks.ts';
import { applicationsOf } from './clients.ts';
import { commands } from './commands.ts';
import { createCore } from './core.ts';
import { algorithmsOf, usedBy } from './demands.ts';
import { jwksOf, keyringOptions } from './keys.ts';
import { formsOfPrograms } from './parameters.ts';
import { plainAuthorization } from './plain/authorization.ts';
import { plainAddresses } from './plain/index.ts';
import { postedRequests } from './post.ts';
import { createProvider } from './provider.ts';
import { createRegistered, isOpen, sealedClients } from './registration/store.ts';
import { FOR_PROGRAMS, isOfDevices, isOfRegistration, ROUTES, routeOf } from './routes.ts';
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
  certified,
  asks,
  commands,
  sealed: [sealedClients],

  async create(settings, given) {
    const listeners = new Map<string, SessionListener>();
    const ports = { ...given, listeners };
    const sessions = new SessionAdapter(ports.ephemeral, ports.sessions.lifetime);
    const registered = createRegistered(ports);
    const used = usedBy(applicationsOf(ports));
    const algorithms = algorithmsOf(settings, applicationsOf(ports));
    const keyring = await ports.keyring('oidc', keyringOptions(settings, ports.sessions.lifetime, algorithms));
    const kept = ports.durable.state('oidc');
    const subjects = createSubjects(await madeOnce(kept, 'pairwise-salt'));
    const nonceSecret = Buffer.from(await madeOnce(kept, 'dpop-nonce-secret'), 'base64url');
    const backchannel = createBackchannel(ports, settings, () => serving().provider);
    const parts = { settings, ports, sessions, subjects, registered, backchannel, algorithms, nonceSecret };
    const build = () => createProvider(parts, jwksOf(keyring.published()));
    const serving = createServing(keyring, build, ports.log);

    const router = express.Router();
    const plain = { settings, ports, subjects, provider: () => serving().provider };
    router.use(plainAuthorization(plain, sessions));
    router.use(postedRequests(ports));
    router.use(formsOfPrograms(ports));
    router.use((req, res, next) => {
      const route = routeOf(req.path);
      if (route === undefined || (isOfDevices(route) && !used.deviceFlow)) return next();
      if (route === ROUTES.backchannel_authentication && !used.ciba) return next();
      if (isOfRegistration(route) && !used.registration) return next();
      nameRoute(res, route);
      serving().answer(req, res, next);
    });
    const core = createCore(() => serving().provider, sessions, ports, subjects);
    const forPrograms = (path: string) => FOR_PROGRAMS.has(path) || path.startsWith(`${ROUTES.registration}/`);
    return {
      handler: router,
      plain: plainAddresses(plain),
      forPrograms,
      application: registered.application,
      ...{ registered, audit: ports.audit, openFor: (id: string) => isOpen(ports, id) },
      ...(settings.programsAt ? { programHosts: new Set([new URL(settings.programsAt).host]) } : {}),
      stands: backchannel.stands,
      opens: backchannel.opens,
      close: async () => backchannel.close(),
      core: { ...core, listen: (door, listener) => void listeners.set(door, listener) },
    };
  },
};

/**
 * Random bytes that are made once and are every node's: pairwise subjects (OpenID Connect Core section 8.1) must never
 * change, and a nonce that one node gave is known at the next.
 */
async function madeOnce(
  state: {
    get(key: string): Promise<{ value: string } | undefined>;
    set(key: string, value: string, version: number): Promise<boolean>;
  },
  key: string,
): Promise<string> {
  const existing = await state.get(key);
  if (existing) return existing.value;
  await state.set(key, randomBytes(32).toString('base64url'), 0);
  return madeOnce(state, key);
}
