import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type RelyingParty, startRelyingParty } from '../../demo/relying-party/server.ts';
import type { Prepared } from '../../demo/service-provider/prepare.ts';
import { metadataOfDemo } from './service-provider.ts';

export type Tree = Record<string, unknown>;

export interface Ports {
  gateway: number;
  relyingParty: number;
  serviceProvider: number;
}

/** Secrets of the demo's applications in tests. */
export const SECRETS = {
  library: 'library-secret-of-the-tests-0123456789',
  courses: 'courses-secret-of-the-tests-0123456789',
  payroll: 'payroll-secret-of-the-tests-0123456789',
};

const nameOf = (id: string): string => `${id[0]?.toUpperCase()}${id.slice(1)}`;

function application(id: keyof typeof SECRETS, site: string) {
  return {
    name: nameOf(id),
    oidc: {
      redirectUris: [`${site}/${id}/callback`],
      postLogoutRedirectUris: [`${site}/${id}/signed-out`],
      backchannelLogoutUri: `${site}/${id}/backchannel-logout`,
      clientSecret: SECRETS[id],
      scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
      reauthenticate: '30d',
    },
  };
}

/** Objects by key; of anything else the second. */
export function merge(base: Tree, over: Tree): Tree {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    const both = isTree(before) && isTree(value);
    merged[key] = both ? merge(before, value) : value;
  }
  return merged;
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The demo's applications and rules, and nothing else. */
export function shortTree(url: string, site: string): Tree {
  return {
    issuer: url,
    name: { en: 'Example University', 'zh-Hant': '示範大學', 'zh-Hans': '示范大学' },
    // A machine under load isn't what is looked at.
    directories: { local: { patience: 60_000 } },
    overload: { lag: '10s' },
    factors: { password: {}, totp: {} },
    doors: { oidc: {} },
    allowedPrivateNetworks: ['127.0.0.0/8'],
    applications: {
      library: application('library', site),
      courses: application('courses', site),
      payroll: application('payroll', site),
    },
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
        { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never' },
        { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
      ],
    },
  };
}

/** What `npm start` runs, on other ports. */
export function demoTree(ports: Ports, prepared: Prepared): Tree {
  const text = readFileSync(new URL('../../config/demo.yaml', import.meta.url), 'utf8')
    .replaceAll('localhost:3000', `localhost:${ports.gateway}`)
    .replaceAll('127.0.0.1:3001', `127.0.0.1:${ports.relyingParty}`)
    .replaceAll('127.0.0.1:3002', `127.0.0.1:${ports.serviceProvider}`);
  const secrets = Object.entries(SECRETS).map(([id, clientSecret]) => [id, { oidc: { clientSecret } }]);
  // Of several at once each has ports of its own.
  const doors = { radius: { listen: { port: 0, accountingPort: 0 } } };
  const overload = { lag: '10s' };
  const tree = merge(parse(text) as Tree, { doors, overload, applications: Object.fromEntries(secrets) });
  return merge(withoutHouse(tree), metadataOfDemo(tree, prepared));
}

/** Its other house is a gateway of its own, which isn't started. */
function withoutHouse({ directories, demo, ...tree }: Tree): Tree {
  const { partner: _, ...own } = directories as Tree;
  const { house: __, ...rest } = demo as Tree;
  return { ...tree, directories: own, demo: rest };
}

/** The demo's applications that speak OpenID Connect. */
export function startRelyingParties(port: number, issuer: string): Promise<RelyingParty> {
  const ids = ['library', 'courses', 'payroll'] as const;
  const applications = ids.map((id) => ({ id, name: nameOf(id), clientId: id, clientSecret: SECRETS[id], asks: '' }));
  return startRelyingParty({ port, host: '127.0.0.1', issuer, applications });
}
