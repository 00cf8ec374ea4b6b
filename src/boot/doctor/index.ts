import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { INTERNAL_APPLICATIONS } from '../../core/application.ts';
import type { DurableConnection } from '../../core/durable-connection.ts';
import type { ExaminePorts, Finding } from '../../core/finding.ts';
import { readingStore, schemaState } from '../../durable/index.ts';
import { auditPublicKeys } from '../audit-key.ts';
import { keepsFile } from '../config/plug-ins.ts';
import type { Config } from '../config.ts';
import { controlPath } from '../control.ts';
import { guardedFetch } from '../guarded-fetch.ts';
import type { Modules } from '../modules.ts';
import { OWN_RULES } from '../parts.ts';
import { createKeys, currentKeyId } from '../sealing/keys.ts';
import { chains } from './audit.ts';
import { headsOf, keys, leasesOf, nodes, peopleOf, tables } from './durable.ts';
import { dataFiles, filesNamed, ownCertificate, ownFiles, secretFiles } from './files.ts';
import { askIssuer, issuerFindings, unreachable } from './issuer.ts';
import { createProbes } from './network.ts';
import { agents, unreached } from './people.ts';
import { ofPlugIns } from './plug-ins.ts';
import { lockouts, type PolicySubject, rememberedDevices } from './policy.ts';
import { type Check, runAll } from './run.ts';
import { geoip, production, proxies } from './settings.ts';
import { good, notice, type Told } from './told.ts';
import { troubles, watched } from './troubles.ts';

export { linesOf, type Told } from './told.ts';

/** Looks at all that surrounds an installation, running or stopped; nothing is changed by it. */
export async function examine(config: Config, modules: Modules, now: () => number = Date.now): Promise<Told[]> {
  const fetch = guardedFetch(config.allowedPrivateNetworks);
  const ports: ExaminePorts = { now, issuer: config.issuer, fetch, ...createProbes(now) };
  const subject = policyOf(config, modules, now());
  const connection = await connectionOf(config, modules);
  try {
    return await runAll([
      ...ofConfiguration(config, modules, now),
      ...ofPolicy(config, subject),
      ...ofIssuer(config, ports),
      ...(connection ? ofDurable(config, connection, subject, now) : [absent]),
      ...ofPlugIns(config, modules, ports, connection && readingStore(connection).records),
    ]);
  } finally {
    await connection?.close();
  }
}

const absent: Check = {
  about: 'stores.durable',
  run: async () => [notice('there is no file yet', 'It is made at the first start.')],
};

/** A file that isn't there isn't made. */
async function connectionOf({ stores: { durable } }: Config, modules: Modules): Promise<DurableConnection | undefined> {
  const module = modules.stores.durable.get(durable.type);
  const { file } = durable.settings as { file?: string };
  if (module === undefined || (keepsFile(module) && file !== undefined && !existsSync(file))) return undefined;
  return module.open(durable.settings);
}

function policyOf(config: Config, modules: Modules, now: number): PolicySubject {
  const { rules, applications, networks, factors, helpDesk, trustedDevices } = config;
  const own = INTERNAL_APPLICATIONS.filter((id) => id !== 'sallyport-helpdesk' || helpDesk !== undefined);
  const named = rules.flatMap(({ groups = [], notGroups = [] }) => [...groups, ...notGroups]);
  const agentGroups = (helpDesk?.agents ?? []).flatMap(({ groups }) => groups);
  return {
    ...{ now, rules: [...rules, ...OWN_RULES], applications: [...applications.keys(), ...own] },
    networks: networks.map(({ name }) => name),
    groups: [...new Set([...named, ...agentGroups])],
    factors: [...factors.keys()].flatMap((id) => modules.factors.get(id) ?? []),
    remember: trustedDevices.lifetime,
  };
}

function ofConfiguration(config: Config, modules: Modules, now: () => number): Check[] {
  const { warnings, listen, issuer, geoip: located } = config;
  const { tls } = listen;
  return [
    {
      about: 'configuration',
      run: async () => [good(`${config.file} loads`), ...warnings.map((text) => notice(text))],
    },
    { about: 'applications', run: () => troubles(config, modules, now()) },
    { about: 'directories', run: () => watched(config) },
    { about: 'data', run: async () => [...ownFiles(dataFiles(config)), ...secretFiles(filesNamed(config))] },
    { about: 'settings', run: async () => production(config, modules) },
    { about: 'trustedProxies', run: async () => proxies(config) },
    ...(tls
      ? [{ about: 'listen.tls', run: async () => ownCertificate(readFileSync(tls.cert, 'utf8'), issuer, now()) }]
      : []),
    ...(located ? [{ about: 'geoip', run: async () => [geoip(await builtOf(located.database), now())] }] : []),
  ];
}

async function builtOf(file: string): Promise<number> {
  const { Reader } = await import('maxmind');
  return new Reader(await readFile(file)).metadata.buildEpoch.getTime();
}

function ofPolicy({ rules, sessions }: Config, subject: PolicySubject): Check[] {
  return [
    { about: 'policy', run: async () => lockouts(subject) },
    {
      about: 'remembered devices',
      run: async () => rememberedDevices({ rules, remember: subject.remember }, sessions.lifetime),
    },
  ];
}

function ofIssuer(config: Config, ports: ExaminePorts): Check[] {
  const { issuer } = config;
  const { protocol, hostname, port } = new URL(issuer);
  const host = hostname.replace(/^\[|\]$/g, '');
  const tls = { host, port: port === '' ? 443 : Number(port) };
  const running = existsSync(controlPath(config.data));
  const answered = async (): Promise<Finding[]> => {
    try {
      return issuerFindings(config, await askIssuer(issuer, ports.now));
    } catch (error) {
      return [unreachable(issuer, error, running)];
    }
  };
  return [
    { about: 'issuer', run: answered },
    ...(protocol === 'https:' && running ? [{ about: 'issuer', run: async () => [await ports.certificate(tls)] }] : []),
  ];
}

function ofDurable(config: Config, connection: DurableConnection, subject: PolicySubject, now: () => number): Check[] {
  const durable = readingStore(connection);
  const whenUsable = (look: () => Promise<Finding[]>) => async (): Promise<Finding[]> => {
    const { standing } = await schemaState(connection);
    return standing === 'current' || standing === 'ahead' ? look() : [];
  };
  const purposes = [...config.doors.keys(), 'audit'];
  return [
    { about: 'stores.durable', run: () => tables(connection, now) },
    {
      about: 'audit',
      run: whenUsable(async () => nodes(await headsOf(durable), await leasesOf(durable), await durable.now())),
    },
    {
      about: 'audit',
      run: whenUsable(async () => {
        // None is made here: without one nothing was ever signed.
        if (currentKeyId(config) === undefined) return [];
        const publicKeyOf = await auditPublicKeys(durable, createKeys(config).sealer);
        return chains(durable, await headsOf(durable), publicKeyOf, await durable.now());
      }),
    },
    {
      about: 'keys',
      run: whenUsable(async () => {
        const all = await Promise.all(
          purposes.map(async (purpose) => keys(purpose, await durable.keys.list(purpose), now())),
        );
        return all.flat();
      }),
    },
    {
      about: 'people',
      run: whenUsable(async () => {
        const known = await peopleOf(durable);
        return [...unreached(subject, known), ...agents(subject, config.helpDesk?.agents ?? [], known)];
      }),
    },
  ];
}
