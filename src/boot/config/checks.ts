import { DEFAULT_ACR } from '../../core/assurance.ts';
import { askableFaults } from './askable.ts';
import { brandingFaults } from './branding-checks.ts';
import { campaignFaults } from './campaigns.ts';
import type { Fault } from './faults.ts';
import { isLoopback } from './fields.ts';
import { helpDeskFaults } from './help-desk-checks.ts';
import { houseFaults } from './house-checks.ts';
import { passwordFaults } from './password-checks.ts';
import { keepsFile } from './plug-ins.ts';
import { ruleFaults } from './rule-checks.ts';
import type { Parsed } from './schema.ts';
import { secondFactorFaults } from './second-factor-checks.ts';
import type { Subject } from './subject.ts';
import { dotted, isTree, type Path, valueAt } from './tree.ts';

type Check = (subject: Subject) => Fault[];

/** Faults that lie between sections. Each check stands alone and bears that other sections are faulty. */
const CHECKS: readonly Check[] = [
  managementIsLocal,
  portsDiffer,
  headerIsOfProxies,
  sealingKeyIsThere,
  sealingKeysAreSecret,
  sealingKeysDiffer,
  idleIsShorter,
  oneDoorEach,
  idsAreFree,
  textsHaveDefault,
  defaultLocaleIsOffered,
  acrKeepsItsMeaning,
  demoIsLocal,
  sendersAreThere,
  sendersAreForReal,
  programsAreApart,
  helpDeskFaults,
  houseFaults,
  ruleFaults,
  campaignFaults,
  askableFaults,
  passwordFaults,
  brandingFaults,
  (subject) => secondFactorFaults(subject),
];

export function crossFaults(subject: Subject): Fault[] {
  return CHECKS.flatMap((check) => check(subject));
}

/** Health and metrics tell strangers about the people and the load here, and nobody is asked who they are. */
function managementIsLocal({ parsed: { management } }: Subject): Fault[] {
  if (management === undefined || management.dangerouslyPublic || isLoopback(management.host)) return [];
  const message =
    'can be reached by others: use 127.0.0.1, or set management.dangerouslyPublic: true behind a firewall';
  return [{ path: ['management', 'host'], message }];
}

function portsDiffer({ parsed: { listen, management } }: Subject): Fault[] {
  if (listen === undefined || management === undefined || listen.port === 0 || listen.port !== management.port)
    return [];
  return [{ path: ['management', 'port'], message: 'must differ from listen.port' }];
}

/** Believed of nobody, it would only seem to be set. */
function headerIsOfProxies({ parsed: { clientCertificateHeader, trustedProxies } }: Subject): Fault[] {
  if (clientCertificateHeader === undefined || trustedProxies === undefined || trustedProxies.length > 0) return [];
  return [{ path: ['clientCertificateHeader'], message: 'is believed of trusted proxies alone: add trustedProxies' }];
}

function sealingKeyIsThere({ parsed: { stores, secrets }, modules }: Subject): Fault[] {
  if (stores === undefined || secrets === undefined || secrets.sealingKey !== undefined) return [];
  const { durable, ephemeral } = stores;
  const local =
    keepsFile(modules.stores.durable.get(durable.type)) && keepsFile(modules.stores.ephemeral.get(ephemeral.type));
  if (local) return [];
  const message = `is missing: several nodes must share one, so give it by \${file:…} (openssl rand 32 | basenc --base64url)`;
  return [{ path: ['secrets', 'sealingKey'], message }];
}

/** The one that the documentation shows. */
const PUBLISHED: ReadonlySet<string> = new Set(['c2FsbHlwb3J0LWV4YW1wbGUta2V5LWRvLW5vdC11c2U']);

function sealingKeysAreSecret({ parsed: { secrets } }: Subject): Fault[] {
  const message = "isn't random: make one with openssl rand 32 | basenc --base64url";
  return sealingKeys(secrets).flatMap(({ path, key, bytes }) =>
    // 32 random bytes with fewer than 16 different ones don't happen; typed and repeated ones have fewer.
    PUBLISHED.has(key) || new Set(bytes).size < 16 ? [{ path, message }] : [],
  );
}

/** By their bytes: of the last letter two bits mean nothing. */
function sealingKeysDiffer({ parsed: { secrets } }: Subject): Fault[] {
  const keys = sealingKeys(secrets);
  return keys.flatMap(({ path, bytes }, at) => {
    const before = keys.slice(0, at).find((other) => other.bytes.equals(bytes));
    return before ? [{ path, message: `is the same key as ${before.name}: leave one of them out` }] : [];
  });
}

function sealingKeys(secrets: Partial<Parsed>['secrets']): { path: Path; name: string; key: string; bytes: Buffer }[] {
  const { sealingKey, previousSealingKeys = [] } = secrets ?? {};
  const current = sealingKey === undefined ? [] : [{ path: ['sealingKey'], key: sealingKey }];
  const previous = previousSealingKeys.map((key, at) => ({ path: ['previousSealingKeys', at], key }));
  return [...current, ...previous].map(({ path, key }) => ({
    ...{ path: ['secrets', ...path], name: dotted(['secrets', ...path]), key },
    bytes: Buffer.from(key, 'base64url'),
  }));
}

function idleIsShorter({ parsed: { sessions } }: Subject): Fault[] {
  if (sessions === undefined || sessions.idle <= sessions.lifetime) return [];
  return [{ path: ['sessions', 'idle'], message: 'must not exceed sessions.lifetime' }];
}

function oneDoorEach({ tree, modules }: Subject): Fault[] {
  const doors = [...modules.doors.keys()];
  const enabled = isTree(tree.doors) ? tree.doors : {};
  return entries(tree.applications).flatMap(([id, application]) => {
    const used = doors.filter((door) => isTree(application) && Object.hasOwn(application, door));
    const [door, second] = used;
    const path = ['applications', id];
    if (door === undefined) return [{ path, message: `needs the settings of its door: one of ${doors.join(', ')}` }];
    if (second !== undefined)
      return [{ path, message: `uses ${used.join(' and ')}: give each door its own application` }];
    if (Object.hasOwn(enabled, door)) return [];
    return [{ path: [...path, door], message: `uses a door that isn't served: add doors.${door}` }];
  });
}

function idsAreFree({ tree }: Subject): Fault[] {
  const reserved = entries(tree.applications).filter(([id]) => id.startsWith('sallyport-'));
  return reserved.map(([id]) => ({
    path: ['applications', id],
    message: 'begins with sallyport-, which is reserved: choose another id',
  }));
}

function textsHaveDefault({ tree, parsed: { defaultLocale } }: Subject): Fault[] {
  if (defaultLocale === undefined) return [];
  const applications = entries(tree.applications).flatMap(([id]) => [
    ['applications', id, 'name'],
    ['applications', id, 'description'],
    ['applications', id, 'category'],
  ]);
  return [['name'], ...applications].flatMap((path) => {
    const texts = valueAt(tree, path);
    if (!isTree(texts) || Object.hasOwn(texts, defaultLocale)) return [];
    return [{ path, message: `lacks the text for ${defaultLocale}, the defaultLocale` }];
  });
}

function defaultLocaleIsOffered({ parsed: { locales, defaultLocale } }: Subject): Fault[] {
  if (locales === undefined || defaultLocale === undefined || locales.includes(defaultLocale)) return [];
  return [{ path: ['defaultLocale'], message: `must be among locales: ${locales.join(', ')}` }];
}

/** Federations rely on what these values mean; redefining one would make the gateway lie. */
function acrKeepsItsMeaning({ parsed: { assurance } }: Subject): Fault[] {
  return DEFAULT_ACR.flatMap(([value, level]) => {
    const given = assurance?.acr[value];
    if (given === undefined || given === level) return [];
    return [{ path: ['assurance', 'acr', value], message: `stands for ${level} everywhere: leave it out` }];
  });
}

function demoIsLocal({ tree, parsed: { issuer } }: Subject): Fault[] {
  if (tree.demo === undefined || issuer === undefined || isLoopback(new URL(issuer).hostname)) return [];
  return [
    {
      path: ['demo'],
      message: 'is for a demonstration on this machine: remove it, or use issuer http://localhost:3000',
    },
  ];
}

/** By the tree: a sender with a fault of its own is there, and has been complained of. */
function sendersAreThere({ tree, modules }: Subject): Fault[] {
  const listed = entries(tree.senders).flatMap(([id]) => modules.senders.get(id)?.carries ?? []);
  return entries(tree.factors).flatMap(([id]) => {
    const missing = (modules.factors.get(id)?.sends ?? []).filter((channel) => !listed.includes(channel));
    return missing.map((channel) => {
      const able = [...modules.senders.values()].filter(({ carries }) => carries.includes(channel));
      const names = able.map((sender) => `senders.${sender.id}`).join(', ') || 'none is installed';
      return { path: ['factors', id], message: `needs a sender for ${channel} messages: ${names}` };
    });
  });
}

/** Codes on a page of the machine's own are for trying things out. */
function sendersAreForReal({ tree, modules }: Subject): Fault[] {
  if (tree.demo !== undefined) return [];
  const shown = entries(tree.senders).filter(([id]) => modules.senders.get(id)?.demonstration);
  return shown.map(([id]) => ({
    path: ['senders', id],
    message: 'shows codes to whoever is at this machine: it is for configurations with a demo section',
  }));
}

/** What a program asks for goes to one directory. */
function programsAreApart({ parsed: { directories = {} }, modules }: Subject): Fault[] {
  const first = new Map<string, string>();
  return Object.entries(directories).flatMap(([name, settings]) => {
    const called = modules.directories.get((settings as { type?: string }).type ?? name)?.programs?.(settings);
    if (called === undefined) return [];
    const path = ['directories', name, ...called.setting];
    const other = first.get(called.base);
    if (other !== undefined) return [{ path, message: `is ${called.base} as ${other}: give one of them another path` }];
    first.set(called.base, dotted(path));
    return [];
  });
}

function entries(value: unknown): [string, unknown][] {
  return isTree(value) ? Object.entries(value) : [];
}
