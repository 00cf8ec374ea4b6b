import type { Watch } from '../../accounts/index.ts';
import type { Core, CorePorts } from '../../core/door.ts';
import {
  type ApiSettings,
  createBonds,
  createDeposits,
  createStreams,
  hashOfSecret,
  localsOf,
  sourcesOf,
  type WebDeps,
} from '../../web/index.ts';
import type { Config } from '../config.ts';
import { follow } from '../directory-command.ts';
import { observedRequests } from '../observed/requests.ts';
import type { Rooms } from '../rooms.ts';
import { houseBaseOf, upstreamsOf } from './directories.ts';
import type { Doors } from './doors.ts';
import type { PageRendering } from './rendering.ts';
import type { Standing } from './standing.ts';

/** What stands by now beside that: what answers a browser, and what it is shown. */
interface Answering {
  rendering: PageRendering;
  rooms: Rooms;
  core: Core;
  doors: Doors;
  watch: Pick<Watch, 'troubles'>;
}

/** What the web layer is given. */
export function frontOf(
  { config, ground, ledger, outside, people, strangers }: Standing,
  { rendering, rooms, core, doors, watch }: Answering,
): WebDeps {
  const { world, log, durable, ephemeral, keys } = ground;
  const { i18n, locate, fetch } = outside;
  const { applications, directories, factors, networksOf } = people;
  const bonds = createBonds({ ...world, issuer: config.issuer });
  const browser: CorePorts['browser'] = (res) => localsOf(res as never).browser;
  return {
    ...{
      ...world,
      ...rendering,
      ...rooms,
      core,
      applications,
      durable,
      ephemeral,
      log,
      i18n,
      locate,
      fetch,
      networksOf,
    },
    audit: ledger.audit,
    ...{ bonds, deposits: createDeposits({ ...world, ephemeral, bonds, strangers, browser }) },
    upstreams: upstreamsOf(directories),
    leaving: sourcesOf(
      [...factors].map(([id, { factor }]) => [id, factor.redirects]),
      [...directories].map(([id, { redirects }]) => [id, redirects]),
    ),
    held: ledger.held,
    observed: observedRequests(config, ground.metrics),
    ...{ overload: config.overload, shed: ground.metrics.shed },
    ...(config.clientCertificateHeader ? { clientCertificateHeader: config.clientCertificateHeader } : {}),
    ...{ trustedProxies: config.trustedProxies, rules: config.rules, trustedDevices: config.trustedDevices },
    troubles: doors.troubles.now,
    directoryTroubles: watch.troubles,
    sharedNetworks: new Set(config.networks.filter(({ shared }) => shared).map(({ name }) => name)),
    doors: [...doors.all.values()],
    published: [...factors.values()].flatMap(({ factor }) => factor.publishes ?? []),
    routes: [...factors].flatMap(([id, { factor }]) => (factor.serves ? [{ factor: id, routes: factor.serves }] : [])),
    programs: [...directories].flatMap(([directory, { serves }]) =>
      serves === undefined
        ? []
        : [{ directory, routes: serves, follow: follow.bind(undefined, { ...rooms, durable, ...ledger }, directory) }],
    ),
    houses: [...directories].flatMap(([directory, { answers: routes, redirects }]) =>
      routes === undefined
        ? []
        : [{ directory, base: houseBaseOf(directory), routes, ...(redirects ? { redirects } : {}) }],
    ),
    streams: createStreams({ ephemeral, waiting: rooms.waiting, now: world.now }),
    api: programs(config),
    csrfKeys: keys.csrf,
  };
}

function programs({ api: { clients, budget } }: Config): ApiSettings {
  return { budget, clients: clients.map(({ secret, ...client }) => ({ ...client, secretHash: hashOfSecret(secret) })) };
}
