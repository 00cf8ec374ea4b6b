import { STATES, type StateReader } from './states.ts';

export const PRESETS = ['active-directory', 'openldap', 'freeipa', '389-ds'] as const;
export type PresetName = (typeof PRESETS)[number];

/** How a kind of server keeps people. */
export interface Preset {
  /** RFC 4515: who is a person. */
  people: string;
  /** Never changes, is never given to another. */
  key: string;
  /** How the key is written: as text, or as an octet string that stands for a GUID. */
  keySyntax: 'text' | 'guid';
  /** The first is what somebody is called, all are names to sign in by. */
  username: readonly string[];
  name: readonly string[];
  email: readonly string[];
  phone: readonly string[];
  givenName: string;
  familyName: string;
  department: string;
  locale: string;
  /** When an entry was last changed, generalized time. */
  changedAt: string;
  groups: 'memberOf' | 'tokenGroups';
  /** What a group is called by default. */
  groupName: string;
  state: StateReader;
  /** How a password is changed: RFC 3062, or by `unicodePwd`. */
  passwords: 'exop' | 'unicodePwd';
}

const INET_ORG_PERSON = {
  people: '(objectClass=inetOrgPerson)',
  keySyntax: 'text',
  username: ['uid'],
  name: ['displayName', 'cn'],
  email: ['mail'],
  phone: ['mobile', 'telephoneNumber'],
  givenName: 'givenName',
  familyName: 'sn',
  department: 'departmentNumber',
  locale: 'preferredLanguage',
  changedAt: 'modifyTimestamp',
  groups: 'memberOf',
  groupName: 'cn',
  passwords: 'exop',
} as const;

const TABLE: Readonly<Record<PresetName, Preset>> = {
  openldap: { ...INET_ORG_PERSON, key: 'entryUUID', state: STATES.openldap },
  freeipa: { ...INET_ORG_PERSON, people: '(objectClass=posixAccount)', key: 'ipaUniqueID', state: STATES.freeipa },
  '389-ds': { ...INET_ORG_PERSON, key: 'nsUniqueId', state: STATES['389-ds'] },
  'active-directory': {
    ...INET_ORG_PERSON,
    // Computers are of class user as well.
    people: '(&(objectCategory=person)(objectClass=user))',
    key: 'objectGUID',
    keySyntax: 'guid',
    username: ['sAMAccountName', 'userPrincipalName'],
    email: ['mail', 'proxyAddresses'],
    department: 'department',
    changedAt: 'whenChanged',
    groups: 'tokenGroups',
    state: STATES['active-directory'],
    passwords: 'unicodePwd',
  },
};

export const presetOf = (name: PresetName): Preset => TABLE[name];
