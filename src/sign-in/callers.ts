import { type Browser, referenceOf } from '../core/browser.ts';
import type { From } from '../core/journey.ts';
import type { SignInNeeds } from './needs.ts';

/** The browser behind an answer: of a caller, which has none, one that keeps nothing. */
export function browserOfCaller(
  { random, defaultLocale, networksOf }: Pick<SignInNeeds, 'random' | 'defaultLocale' | 'networksOf'>,
  door: string,
  from: From,
): Browser {
  if ('devices' in from) return from;
  const { ip, userAgent = '', locale = defaultLocale, speaker, known } = from;
  return {
    ...{ ip, userAgent, locale, networks: networksOf(ip), reference: referenceOf(random) },
    ...{ shared: true, devices: [], cookieless: true },
    known: known === undefined ? undefined : `${door} ${known}`,
    ...(speaker === undefined ? {} : { speaker: `${door} ${speaker}` }),
    setDevice: () => {},
    setKnown: () => {},
  };
}
