import { hasSecret, type RadiusClient, type RadiusSettings } from './settings.ts';

/** How each client on this machine is tried at a shell, with Debian's freeradius-utils. */
export function demonstrate(
  clients: readonly RadiusClient[],
  { listen: { port } }: RadiusSettings,
  { username, typed }: { username: string; typed: string },
): string[] {
  const local = clients.filter(hasSecret).filter(({ settings }) => settings.clients.includes('127.0.0.1'));
  return local.map(({ settings: { secret } }) => {
    const who = `User-Name="${username}",User-Password="${typed}"`;
    return `echo '${who},NAS-Identifier="demo",Message-Authenticator=0x00' | radclient -x 127.0.0.1:${port} auth ${secret}`;
  });
}
