import ipaddr from 'ipaddr.js';
import type { PlacesOf } from '../notices/index.ts';
import type { LettersDeps } from '../notices/letters.ts';
import { networkLookup } from '../policy/index.ts';
import { createNoticeWriter, type I18n } from '../web/index.ts';
import type { Config } from './config.ts';
import type { Geoip, Locate } from './geoip.ts';
import type { Modules } from './modules.ts';
import type { Senders } from './senders.ts';

/** How letters to people are written and sent; nothing where no configured sender carries mail. */
export function postOffice(
  { senders: configured, name, issuer, timeZone, support, branding: colours }: Config,
  modules: Modules,
  i18n: I18n,
  senders: Pick<Senders, 'send'>,
  locate: Locate,
): Pick<LettersDeps, 'mail'> {
  if (![...configured.keys()].some((id) => modules.senders.get(id)?.carries.includes('mail'))) return {};
  const write = createNoticeWriter({ i18n, name, issuer, support, colours, locate, ...(timeZone ? { timeZone } : {}) });
  return { mail: { write, send: (message, account) => senders.send(message, { account }) } };
}

/** Leading bits of an address by which a network is told from others, where the database knows no systems. */
const PREFIX = { ipv4: 16, ipv6: 32 } as const;

/** What a sign-in's place is compared by. The institution's own networks are no place that anybody is warned of. */
export function comparedPlaces({ geoip, networks }: Pick<Config, 'geoip' | 'networks'>, { originOf }: Geoip): PlacesOf {
  if (geoip === undefined || geoip.newPlaces === 'never') return () => undefined;
  const networksOf = networkLookup(networks);
  return (ip) => {
    const origin = networksOf(ip).length > 0 ? undefined : originOf(ip);
    if (origin === undefined) return [];
    const country = `country ${origin.country}`;
    if (geoip.newPlaces === 'countries') return [country];
    return [country, origin.system === undefined ? prefixOf(ip) : `system ${origin.system}`];
  };
}

function prefixOf(ip: string): string {
  const address = ipaddr.process(ip);
  const bits = PREFIX[address.kind()];
  return `network ${address
    .toByteArray()
    .slice(0, bits / 8)
    .join('.')}`;
}
