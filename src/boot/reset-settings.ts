import type { Directory } from '../core/directory.ts';
import type { ResetSettings } from '../reset/index.ts';
import type { Config } from './config.ts';

/** What the room for forgotten passwords is told of the configuration. */
export function resetSettings(
  { passwordReset, issuer, directories: configured, signInWith }: Config,
  directories: ReadonlyMap<string, Directory>,
): ResetSettings {
  const { enabled, url, elsewhere, ownDomains, countries, addresses, perHour, human } = passwordReset;
  const here = enabled && [...directories.values()].some(({ changePassword }) => changePassword !== undefined);
  const realms = [...signInWith.realms, ...[...configured.values()].flatMap((one) => one.realms)];
  return {
    at: url === undefined ? (here ? 'here' : 'nowhere') : { url },
    elsewhere: new Map(Object.entries(elsewhere)),
    contacts: { ownDomains: [...ownDomains, ...realms], host: new URL(issuer).hostname, countries, addresses },
    perHour,
    human: { ...human, pause: human.pause * 1000 },
  };
}
