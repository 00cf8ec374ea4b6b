import type { LocalizedText } from '../../core/account.ts';
import type { Application } from '../../core/application.ts';
import { DEFAULT_ACR } from '../../core/assurance.ts';
import type { Modules } from '../modules.ts';
import { rulesOf } from './calendars.ts';
import { campaignsOf } from './campaigns.ts';
import { passwordPolicyOf } from './password-profiles.ts';
import { keepsFile } from './plug-ins.ts';
import type { Parsed } from './schema.ts';
import type { Config, DirectoryChoice, NetworkRanges, StoreChoice } from './types.ts';

type Options = Readonly<Record<string, unknown>>;

/** The checked sections in the shape that the rest of the program reads. Paths are absolute already. */
export function normalise(file: string, parsed: Parsed, modules: Modules): Omit<Config, 'source' | 'warnings'> {
  const { stores, directories, factors, senders, doors, networks, policy, assurance, management, ...rest } = parsed;
  const { passwordPolicy, ...same } = rest;
  const durable = choiceOf(stores.durable);
  const ephemeral = choiceOf(stores.ephemeral);
  return {
    ...same,
    file,
    management: { host: management.host, port: management.port },
    stores: { durable, ephemeral },
    ownsData:
      keepsFile(modules.stores.durable.get(durable.type)) || keepsFile(modules.stores.ephemeral.get(ephemeral.type)),
    directories: new Map(
      Object.entries(directories).flatMap(([name, it]) => (it ? [[name, directoryOf(name, it)]] : [])),
    ),
    factors: mapOf(factors),
    senders: mapOf(senders),
    doors: mapOf(doors),
    networks: Object.entries(networks).map(([name, value]) => networkOf(name, value)),
    applications: applicationsOf(parsed.applications, modules),
    breached: passwordPolicy.breached,
    passwordPolicy: passwordPolicyOf(passwordPolicy, textsOf(same.name)),
    rules: rulesOf(policy.rules, same.timeZone),
    campaigns: campaignsOf(policy.campaigns, same.timeZone),
    suggestions: policy.suggestions,
    remindBefore: policy.remindBefore,
    acr: new Map([...DEFAULT_ACR, ...Object.entries(assurance.acr)]),
  };
}

/** In every language. */
function textsOf(text: LocalizedText): string[] {
  return typeof text === 'string' ? [text] : Object.values(text);
}

function choiceOf({ type, ...settings }: { type: string }): StoreChoice {
  return { type, settings };
}

/** One that says no kind is named after it. */
function directoryOf(name: string, given: Options): DirectoryChoice {
  const {
    type = name,
    realms = [],
    domains = [],
    mailDomains = [],
    networks = [],
    watch,
    ...settings
  } = given as Options & Partial<DirectoryChoice> & Pick<DirectoryChoice, 'watch'>;
  return { type, settings, realms, domains, mailDomains, networks, watch };
}

function mapOf(options: Options): Map<string, unknown> {
  return new Map(Object.entries(options).filter(([, settings]) => settings !== undefined));
}

function networkOf(name: string, value: Parsed['networks'][string]): NetworkRanges {
  return Array.isArray(value) ? { name, ranges: value, shared: false } : { name, ...value };
}

/** Applications by id. That each has the settings of exactly one door was checked before. */
export function applicationsOf(applications: Parsed['applications'], modules: Modules): Map<string, Application> {
  const found = new Map<string, Application>();
  for (const [id, { name, description, category, homepage, icon, consent, providers, ...rest }] of Object.entries(
    applications,
  )) {
    const settings: Options = rest;
    const door = [...modules.doors.keys()].find((key) => settings[key] !== undefined);
    if (door === undefined) continue;
    const shown = {
      ...(description !== undefined && { description }),
      ...(category !== undefined && { category }),
      ...(homepage !== undefined && { homepage }),
      ...(icon !== undefined && { icon }),
      ...(providers !== undefined && { providers }),
    };
    found.set(id, { id, name, ...shown, consent, door, internal: false, settings: settings[door] });
  }
  return found;
}
