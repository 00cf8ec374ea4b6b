import type { LocalizedText } from '../../core/account.ts';
import type { Rule } from '../../core/policy.ts';
import { durationWords, factorsEver } from '../../policy/index.ts';
import type { Modules } from '../modules.ts';
import { brandingWarnings } from './branding-checks.ts';
import { campaignWarnings } from './campaigns.ts';
import { endings } from './endings.ts';
import { isLoopback } from './fields.ts';
import { connectionWarnings } from './pool-checks.ts';
import type { Config } from './types.ts';

type Subject = Omit<Config, 'warnings'>;

/** What is allowed and probably not meant. */
export function warningsOf(config: Subject, now: number, modules: Modules): string[] {
  return [
    ...transport(config),
    ...publicManagement(config),
    ...texts(config),
    ...windows(config),
    ...rollOuts(config, now),
    ...endings(config, now, modules),
    ...absences(config, modules),
    ...connectionWarnings(config, modules),
    ...unnamed(config, modules),
    ...passes(config, modules),
    ...lists(config, modules),
    ...questions(config),
    ...brandingWarnings(config),
    ...numbers(config, modules),
    ...campaignWarnings(config, now, carriesMail(config.senders, modules)),
  ];
}

const carriesMail = (senders: Subject['senders'], modules: Modules): boolean =>
  [...senders.keys()].some((id) => modules.senders.get(id)?.carries.includes('mail'));

/** Such a factor is off until policy says that it will do. */
function unnamed({ factors, rules }: Subject, modules: Modules): string[] {
  const named = new Set(rules.flatMap(factorsEver));
  const idle = [...factors.keys()].filter((id) => modules.factors.get(id)?.onlyIfNamed && !named.has(id));
  return idle.map((id) => `factors.${id} is offered nowhere: the factors of no rule name it`);
}

/** Words for what nobody can be given. */
function passes({ factors, support }: Subject, modules: Modules): string[] {
  const lent = [...modules.factors.values()].filter(({ standing }) => standing === 'bootstrap').map(({ id }) => id);
  if (support.pass === undefined || lent.some((id) => factors.has(id))) return [];
  return [`support.pass is shown nowhere: factors enables no pass`];
}

/** Secret questions that nobody is asked: beside none of the ways, or beside the help desk's code alone. */
function questions({ passwordPolicy }: Subject): string[] {
  const asking = [...passwordPolicy.profiles].filter(
    ([
      ,
      {
        profile: { reset },
      },
    ]) => reset.legacySecretQuestions && !reset.ways.some((way) => way !== 'issued'),
  );
  return asking.map(
    ([name]) =>
      `passwordPolicy.profiles.${name}.reset.legacySecretQuestions asks nobody anything: it has none of the ways beside which they are asked`,
  );
}

/** Numbers that no code ever goes to: nobody can be told of it elsewhere. */
function numbers({ passwordReset, senders }: Subject, modules: Modules): string[] {
  const { countries, addresses, enabled, url } = passwordReset;
  if (countries.length === 0 || addresses < 2 || !enabled || url !== undefined) return [];
  if (carriesMail(senders, modules)) return [];
  return [
    `passwordReset.addresses: ${addresses}: no sender carries mail, so that nobody is told, and no number is sent a code`,
  ];
}

/** Lists that nobody is sent, or that nobody is ever on. */
function lists({ departments, senders, passwordPolicy }: Subject, modules: Modules): string[] {
  if (departments.length === 0) return [];
  const carried = carriesMail(senders, modules);
  const expires = [...passwordPolicy.profiles.values()].some(({ profile }) => profile.expiry !== undefined);
  const endless = expires ? [] : departments.filter(({ olderThan }) => olderThan === undefined);
  return [
    ...(carried ? [] : ['departments: no sender carries mail, so that nobody is sent a list']),
    ...endless.map(
      ({ name }) => `departments: the list of ${name} is always empty: no profile has an expiry, and it no olderThan`,
    ),
  ];
}

function transport({ issuer, listen, trustedProxies }: Subject): string[] {
  const secure = issuer.startsWith('https:');
  if (secure && listen.tls === undefined && trustedProxies.length === 0) {
    return ['the issuer is https, but there is neither listen.tls nor a trusted proxy that could end TLS'];
  }
  if (!secure && !isLoopback(listen.host)) {
    return [`listen.host ${listen.host} can be reached by others while the issuer is http on this machine`];
  }
  return [];
}

function publicManagement({ management }: Subject): string[] {
  if (isLoopback(management.host)) return [];
  return [`management is reachable at ${management.host}: health and metrics are open to whoever gets there`];
}

function texts({ locales, name, applications, support }: Subject): string[] {
  const named: [string, LocalizedText][] = [['name', name]];
  for (const key of ['pass', 'hours', 'address'] as const) {
    const text = support[key];
    if (text !== undefined) named.push([`support.${key}`, text]);
  }
  for (const { id, name: text } of applications.values()) named.push([`applications.${id}.name`, text]);
  return named.flatMap(([path, text]) => {
    const missing = typeof text === 'string' ? [] : locales.filter((locale) => !Object.hasOwn(text, locale));
    return missing.length > 0 ? [`${path} has no text for ${missing.join(', ')}`] : [];
  });
}

function windows({ rules, trustedDevices: { lifetime } }: Subject): string[] {
  const longer = rules.filter(({ remember }) => typeof remember === 'number' && remember > lifetime);
  return longer.map(
    ({ name }) => `rule ${JSON.stringify(name)} remembers for longer than trustedDevices.lifetime, which holds`,
  );
}

/** What may be wanted, and is dangerous all the same. */
function absences({ rules, factors }: Subject, modules: Modules): string[] {
  const able = [...factors.keys()].some((id) => {
    const { kinds = [], strength } = modules.factors.get(id) ?? {};
    return kinds.length > 1 && strength?.phishingResistant === true;
  });
  return rules.flatMap(({ name, dangerouslyWithoutDirectory: window }) => {
    if (typeof window !== 'number') return [];
    const rule = `rule ${JSON.stringify(name)}`;
    if (!able) return [`${rule} lets nobody in while a directory is away: factors enables none that opens by itself`];
    return [
      `${rule} lets people in by a passkey while their directory can't be asked: whoever was disabled, or left a ` +
        `group, up to ${durationWords(window)} before gets in as well`,
    ];
  });
}

/** Where no rule in force sets a level, mfa is already due: a start date alone delays nothing. */
function rollOuts({ rules, applications }: Subject, now: number): string[] {
  const later = rules.filter((rule) => rule.level !== undefined && startsAfter(rule, now));
  return later.flatMap((rule) => {
    const ids = rule.applications ?? [...applications.keys()];
    const open = ids.filter((id) => !rules.some((other) => holdsFor(other, id, rule, now)));
    if (open.length === 0) return [];
    const date = new Date(rule.from ?? now).toISOString().slice(0, 10);
    return [
      `rule ${JSON.stringify(rule.name)} starts on ${date}, but until then no other rule covers ${open.join(', ')} ` +
        'and mfa, the default, is already due there: add a rule with level: sfa to begin later',
    ];
  });
}

function startsAfter(rule: Rule, now: number): boolean {
  return rule.from !== undefined && rule.from > now;
}

/** Whether `other`, now in force, matches every sign-in to the application that `rule` will match. */
function holdsFor(other: Rule, application: string, rule: Rule, now: number): boolean {
  if (other.level === undefined || startsAfter(other, now)) return false;
  if (other.applications !== undefined && !other.applications.includes(application)) return false;
  const conditions = ['groups', 'notGroups', 'networks', 'notNetworks'] as const;
  return conditions.every((key) => other[key] === undefined || String(other[key]) === String(rule[key]));
}
