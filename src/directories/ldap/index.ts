import type { DirectoryModule } from '../../core/directory.ts';
import type { Examine } from '../../core/finding.ts';
import { commands } from './commands.ts';
import { createDirectory } from './directory.ts';
import { lookAtServer, serversOf } from './inspect.ts';
import { type Settings, settings } from './settings.ts';

/** Each server, with the service account. */
const examine: Examine<Settings> = async (settings, { now }) =>
  (await Promise.all(serversOf(settings).map(([url, its]) => lookAtServer(url, its, now())))).flat();

/** People of an LDAP server: Active Directory, OpenLDAP, FreeIPA, 389 Directory Server. */
const ldap: DirectoryModule<Settings> = {
  id: 'ldap',
  settings,
  examine,
  create: createDirectory,
  commands,
};

export default ldap;
