import type { CoreDoor, CorePorts, RenderPort } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import {
  allowFrames,
  createBonds,
  createDeposits,
  createHouseSessions,
  formText,
  html,
  localsOf,
  type PageName,
  placeOf,
  type Rendering,
  setPolicy,
} from '../../web/index.ts';
import { loadOf } from '../load/index.ts';
import { upstreamsOf } from './directories.ts';
import type { Standing } from './standing.ts';

/** What every door is given. */
export function portsOf(standing: Standing, rendering: Rendering): CorePorts {
  const { config, ground, ledger, outside, people, strangers, keyring } = standing;
  const { world, log, durable, ephemeral, sealer } = ground;
  const { audit } = ledger;
  const { applications, rooms } = people;
  const render: RenderPort = {
    page: (res, name, model) => html(rendering, res as never, name as PageName, model as never),
    allowFormAction: (res, ...origins) => setPolicy(res, origins),
    allowFrames: (res, ...origins) => allowFrames(res, origins),
  };
  const browser: CorePorts['browser'] = (res) => localsOf(res as never).browser;
  const certificate: CorePorts['certificate'] = (res) => localsOf(res as never).certificate?.();
  const byProgramHost: CorePorts['byProgramHost'] = (res) => localsOf(res as never).byProgramHost === true;
  const bonds = createBonds({ ...world, issuer: config.issuer });
  const { issuer, sessions, acr, locales } = config;
  const deposits = createDeposits({ ...world, ephemeral, bonds, strangers, browser });
  const upstreams = upstreamsOf(people.directories);
  return {
    ...{ now: world.now, random: world.random, issuer, sessions, acr, locales },
    load: loadOf(config, ground),
    ...{ ephemeral, strangers, durable, sealer, applications, render, audit, log },
    fetch: outside.fetch,
    evaluate: rooms.evaluator.evaluate,
    stillAllowed: rooms.evaluator.stillAllowed,
    account: async (...asked) => (await rooms.evaluator.present(...asked))?.account,
    adopt: rooms.evidence.adopt,
    place: (res, ip) =>
      placeOf({ i18n: outside.i18n, locate: outside.locate, networksOf: people.networksOf }, res as never, ip),
    ...{ browser, certificate, byProgramHost, bonds },
    say: (text, { locale = config.defaultLocale, factor } = {}) => outside.i18n.label(locale, text, factor),
    ...{ deposits, houseSessions: createHouseSessions({ deposits, upstreams, evidence: rooms.evidence }) },
    form: formText,
    keyring,
    institution: { name: config.name, ...(config.support.url ? { supportUrl: config.support.url } : {}) },
  };
}

export interface OpenCore {
  id: string;
  door: CoreDoor;
}

/** The one door whose session is the single sign-on session. */
export async function openCore({ config, modules }: Standing, ports: CorePorts): Promise<OpenCore> {
  for (const [id, settings] of config.doors) {
    const module = modules.doors.get(id);
    if (module?.core) return { id, door: await module.create(settings, ports) };
  }
  const message = 'doors: one of them must be the core, whose session is the single sign-on session';
  throw new SallyportError('ERR_CONFIG', message);
}
