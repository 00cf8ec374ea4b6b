import type { DirectoryModule } from '../../core/directory.ts';
import { createDirectory } from './directory.ts';
import { type Settings, settings } from './settings.ts';

/** People of an LDAP server: Active Directory, OpenLDAP, FreeIPA, 389 Directory Server. */
const ldap: DirectoryModule<Settings> = {
  id: 'ldap',
  settings,
  create: createDirectory,
};

export default ldap;
