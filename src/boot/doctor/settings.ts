import type { Finding } from '../../core/finding.ts';
import { isLoopback } from '../config/fields.ts';
import type { Config } from '../config.ts';
import type { Modules } from '../modules.ts';
import { fault, good, notice } from './told.ts';

const DAY = 86_400_000;
/** Addresses change hands: makers of such databases write new ones each week or month. */
const OLD = 60 * DAY;

/** What is for trying things out, and what an institution can't go without for long. */
export function production(
  config: Pick<Config, 'issuer' | 'demo' | 'senders' | 'directories' | 'allowedPrivateNetworks'>,
  modules: Pick<Modules, 'senders'>,
): Finding[] {
  const { issuer, demo, senders, directories, allowedPrivateNetworks } = config;
  const local = isLoopback(new URL(issuer).hostname);
  const shown = [...senders.keys()].filter((id) => modules.senders.get(id)?.demonstration);
  const open = allowedPrivateNetworks.filter((range) => ['0.0.0.0/0', '::/0'].includes(range));
  const found = [
    ...(demo === undefined
      ? []
      : [notice('these are settings of the demonstration', 'Take the section demo out before others use it.')]),
    ...(shown.length === 0
      ? []
      : [
          (local ? notice : fault)(
            `senders.${shown.join(', senders.')} show messages to whoever is at this machine`,
            'Configure a sender that sends.',
          ),
        ]),
    ...(local && demo === undefined
      ? [
          notice(
            `the issuer ${issuer} is this machine itself: nobody else reaches it`,
            'Give issuer the address that people see.',
          ),
        ]
      : []),
    ...(!local && issuer.startsWith('http:')
      ? [fault('the issuer is http: passwords can be read on the way', 'Give issuer an https address.')]
      : []),
    ...(directories.size === 1
      ? [
          notice(
            `${[...directories.keys()].join()} is the only directory: where it is away, nobody can sign in`,
            'Nothing to do where it is one that can be relied on; otherwise see its own agents or replicas.',
          ),
        ]
      : []),
    ...(open.length === 0
      ? []
      : [
          fault(
            `allowedPrivateNetworks has ${open.join(', ')}: applications could have the gateway call anything`,
            'Name the ranges of your own servers alone.',
          ),
        ]),
  ];
  return found.length === 0 ? [good('nothing of a demonstration is left')] : found;
}

/** Prefixes that hold more addresses than anybody has proxies. */
const WIDE = { 4: 16, 6: 48 } as const;

/**
 * Whose forwarded headers count. Where a proxy isn't trusted, everybody has its address: one who guesses locks out all.
 * Where too many are, whoever guesses has as many addresses as they like.
 */
export function proxies({
  issuer,
  listen,
  trustedProxies,
}: Pick<Config, 'issuer' | 'listen' | 'trustedProxies'>): Finding[] {
  const { protocol, hostname } = new URL(issuer);
  const bits = (range: string) => Number(range.split('/')[1] ?? Number.POSITIVE_INFINITY);
  const everybody = trustedProxies.filter((range) => bits(range) === 0);
  if (everybody.length > 0)
    return [
      fault(
        `trustedProxies has ${everybody.join(', ')}: whoever asks chooses the address that is counted and looked up for them`,
        'Name the addresses of your proxies alone.',
      ),
    ];
  const wide = trustedProxies.filter((range) => bits(range) < WIDE[range.includes(':') ? 6 : 4]);
  if (wide.length > 0)
    return [
      notice(
        `trustedProxies has ${wide.join(', ')}: every machine there can pass for any address`,
        'Name the addresses of your proxies alone.',
      ),
    ];
  const before = protocol === 'https:' && listen.tls === undefined && !isLoopback(hostname);
  if (before && trustedProxies.length === 0)
    return [
      fault(
        'TLS ends before the gateway, at a proxy that trustedProxies doesn’t name: everybody is counted by its address',
        'Name its address in trustedProxies.',
      ),
    ];
  const here =
    trustedProxies.length === 0 ? 'no proxy is trusted, and none is expected' : `trusted: ${trustedProxies.join(', ')}`;
  return [good(here)];
}

/** @param built when the database was made, epoch milliseconds */
export function geoip(built: number, now: number): Finding {
  const days = Math.floor((now - built) / DAY);
  const text = `the GeoIP database is ${days} days old`;
  return now - built > OLD ? notice(text, 'Fetch a new one, and have that done each week.') : good(text);
}
