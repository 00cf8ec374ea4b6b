import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Something that the tests need and npm can't bring. */
export interface Prerequisite {
  /** Where to look: a command on PATH, or an absolute path, with a `*` where a version stands. */
  anyOf: readonly string[];
  /** The Debian package that brings it. */
  package: string;
  /** The service that it would start on ports which a demonstration takes. */
  service?: string;
  why: string;
}

/** Debian keeps the server's programs off PATH, one folder for each version. */
export const POSTGRES = '/usr/lib/postgresql/*/bin/postgres';

export const PREREQUISITES: readonly Prerequisite[] = [
  { anyOf: ['redis-server'], package: 'redis-server', why: 'the store contracts and the journeys run on a real Redis' },
  {
    anyOf: ['postgres', POSTGRES],
    package: 'postgresql',
    why: 'the store contract and a whole gateway run on a real PostgreSQL',
  },
  { anyOf: ['slapd', '/usr/sbin/slapd'], package: 'slapd', why: 'people of a real LDAP directory sign in' },
  {
    anyOf: [process.env.CHROMIUM ?? '/usr/bin/chromium'],
    package: 'chromium',
    why: 'the pages are tested in a real browser',
  },
  {
    anyOf: ['/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'],
    package: 'fonts-noto-cjk',
    why: 'pages in Chinese are measured as people see them',
  },
  {
    anyOf: ['xmlsec1'],
    package: 'xmlsec1',
    why: 'signatures and encryption of SAML are checked by an implementation that is not ours',
  },
  {
    anyOf: ['/usr/lib/python3/dist-packages/saml2/__init__.py'],
    package: 'python3-pysaml2',
    why: 'a second independent service provider signs in',
  },
  {
    anyOf: ['/usr/lib/python3/dist-packages/authlib/__init__.py'],
    package: 'python3-authlib',
    why: 'a client of OpenID Connect that is not ours asks for every grant',
  },
  {
    anyOf: ['/usr/lib/python3/dist-packages/requests/__init__.py'],
    package: 'python3-requests',
    why: 'it speaks HTTP by that',
  },
  {
    anyOf: ['/usr/sbin/haproxy'],
    package: 'haproxy',
    why: "the proxy's configuration that comes along is tried with the proxy",
  },
  {
    anyOf: ['radclient'],
    package: 'freeradius-utils',
    why: 'people sign in through a RADIUS client that is not ours',
  },
  {
    anyOf: ['freeradius', '/usr/sbin/freeradius'],
    package: 'freeradius',
    service: 'freeradius',
    why: 'a proxy that is not ours stands between, over UDP and TLS',
  },
  {
    anyOf: ['/usr/lib/*/security/pam_radius_auth.so'],
    package: 'libpam-radius-auth',
    why: 'people sign in to a machine by PAM',
  },
  {
    anyOf: ['radsecproxy', '/usr/sbin/radsecproxy'],
    package: 'radsecproxy',
    service: 'radsecproxy',
    why: 'a second client comes over TLS',
  },
  { anyOf: ['eapol_test'], package: 'eapoltest', why: 'a supplicant comes by EAP-TTLS' },
  { anyOf: ['systemd-analyze'], package: 'systemd', why: 'the unit that comes along is looked through by it' },
];

/** What the long tests need besides. */
export const LONG_PREREQUISITES: readonly Prerequisite[] = [
  {
    anyOf: ['/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'],
    package: 'fonts-dejavu-core',
    why: 'pages are compared with how they looked, in letters that are the same everywhere',
  },
  { anyOf: ['samba', '/usr/sbin/samba'], package: 'samba', why: 'people of an Active Directory sign in' },
  {
    anyOf: ['/usr/share/samba/setup/provision.ldif'],
    package: 'samba-ad-provision',
    why: 'the tests make an Active Directory of their own',
  },
  {
    anyOf: ['ns-slapd', '/usr/sbin/ns-slapd'],
    package: '389-ds-base',
    why: 'people of a 389 Directory Server sign in',
  },
  {
    anyOf: ['ocserv', '/usr/sbin/ocserv'],
    package: 'ocserv',
    service: 'ocserv',
    why: 'a VPN asks by RADIUS, over UDP and TLS',
  },
  {
    anyOf: ['/usr/lib/python3/dist-packages/pip/__init__.py'],
    package: 'python3-pip',
    why: 'a client library that binds tokens to keys is fetched by it',
  },
  { anyOf: ['java'], package: 'default-jre-headless', why: 'people come by a Keycloak' },
  { anyOf: ['mvn'], package: 'maven', why: 'its distribution is fetched by it, from Maven Central' },
  { anyOf: ['openconnect', '/usr/sbin/openconnect'], package: 'openconnect', why: 'and its people sign in there' },
];

/** What isn't there. */
export function missing(table: readonly Prerequisite[], path = process.env.PATH ?? ''): Prerequisite[] {
  const folders = path.split(delimiter);
  const places = (name: string) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)));
  const found = (path: string) => (path.includes('*') ? globSync(path) : [path]);
  return table.filter(({ anyOf }) => !anyOf.flatMap(places).flatMap(found).some(readable));
}

/** The commands that install packages on Debian, in order. */
export function installation(packages: readonly Prerequisite[]): [string, ...string[]][] {
  const names = packages.map((prerequisite) => prerequisite.package);
  return [
    ['apt-get', 'update'],
    ['apt-get', 'install', '--yes', '--no-install-recommends', ...names],
  ];
}

/** The commands that stop what these packages have started just now, and keep it stopped. */
export function silencing(packages: readonly Prerequisite[]): [string, ...string[]][] {
  return packages.flatMap(({ service }): [string, ...string[]][] =>
    service === undefined
      ? []
      : [
          ['service', service, 'stop'],
          ['update-rc.d', service, 'disable'],
        ],
  );
}

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
