import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { RESULT } from './errors.ts';
import {
  type Attributes,
  type Element,
  entryMessage,
  firstElement,
  matches,
  numberOf,
  partOf,
  partsOf,
  type Result,
  referenceMessage,
  resultMessage,
  textOf,
  valuesOf,
} from './testing/wire.ts';

/** Why a domain controller refuses a password, hexadecimal: MS-ERREF section 2.2, without its zeros. */
export type SubCode = '525' | '52e' | '530' | '531' | '532' | '533' | '701' | '773' | '775';

/** What was asked of a server, by whom. */
export type Asked = { as: string } & (
  | { operation: 'bind'; dn: string }
  | { operation: 'search'; base: string; scope: 'base' | 'one' | 'sub'; attributes: string[] }
  | { operation: 'modify'; dn: string; changes: string[] }
);

/**
 * A domain controller of Active Directory for tests, or its global catalog, in clear text: it refuses passwords for
 * every reason that the documentation has, which Samba doesn't.
 */
export interface DomainDouble {
  url: string;
  base: string;
  /** Settings of the plug-in that read it. */
  settings(more?: Record<string, unknown>): Record<string, unknown>;
  readonly asked: Asked[];
  /** Entries by their names in small letters. */
  readonly entries: Map<string, { dn: string; attributes: Attributes }>;
  add(dn: string, attributes: Record<string, string | Buffer | (string | Buffer)[]>): string;
  /** Somebody with a password; what is given further takes the place of what they are by default. */
  person(name: string, more?: Record<string, string | Buffer | string[]>): string;
  /** Refuses a password from now on, for this reason. */
  refuse(dn: string, code: SubCode): void;
  passwordOf(dn: string): string | undefined;
  /** Sends everybody who asks this to another server. */
  refer?: { url: string; operations: readonly Asked['operation'][] } | undefined;
  close(): Promise<void>;
}

export const DOUBLE_PASSWORD = 'Directory-Horse-Battery-17';
const SERVICE = 'CN=Sallyport,CN=Users';
/** These come whatever the password is. */
const BEFORE_PASSWORD: ReadonlySet<SubCode> = new Set(['525', '533', '775']);
/** What a global catalog has of an entry, of all that is asked for here (attributes of isMemberOfPartialAttributeSet). */
const PARTIAL = [
  ...['objectClass', 'objectCategory', 'objectGUID', 'objectSid', 'sAMAccountName', 'userPrincipalName'],
  ...['cn', 'displayName', 'givenName', 'sn', 'mail', 'proxyAddresses'],
];
const TAGS = { bind: 0x60, search: 0x63, modify: 0x66 } as const;
const SCOPES = ['base', 'one', 'sub'] as const;
const OK: Result = { code: 0 };

/** Answers for one domain; with `catalogOf`, as the global catalog of those. */
export async function startDomainDouble(
  base = 'DC=ad,DC=university,DC=example',
  { catalogOf }: { catalogOf?: readonly DomainDouble[] } = {},
): Promise<DomainDouble> {
  const passwords = new Map<string, string>();
  const refusals = new Map<string, SubCode>();
  const own: DomainDouble['entries'] = new Map();
  const service = { dn: `${SERVICE},${base}`, password: 'secret of the service account' };
  passwords.set(service.dn.toLowerCase(), service.password);

  const entries = () => (catalogOf ? catalogOf.flatMap((it) => [...it.entries.values()]) : [...own.values()]);
  const bindRefused = (code: SubCode): Result => ({
    code: RESULT.invalidCredentials,
    text: `80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data ${code}, v3839\0`,
  });

  function bind(dn: string, password: string): Result {
    const right = passwords.get(dn.toLowerCase());
    const refusal = refusals.get(dn.toLowerCase());
    if (right === undefined) return bindRefused('525');
    if (refusal !== undefined && BEFORE_PASSWORD.has(refusal)) return bindRefused(refusal);
    if (right !== password) return bindRefused('52e');
    return refusal === undefined ? OK : bindRefused(refusal);
  }

  /** What the server says of itself (RFC 4512 section 5.1). */
  const root = () => ({
    dn: '',
    attributes: {
      ...{ objectClass: ['top'], defaultNamingContext: [base], namingContexts: [base] },
      ...{ highestCommittedUSN: ['1000'], dsServiceName: [`CN=NTDS Settings,${base}`] },
    } as Attributes,
  });

  function* search(id: number, { base: from, scope, filter, attributes, most }: Search): Generator<Buffer> {
    const within = from.toLowerCase();
    const isBelow = (dn: string) => within === '' || dn === within || dn.endsWith(`,${within}`);
    const candidates =
      from === '' && scope === 'base'
        ? [root()]
        : entries().filter(({ dn }) => (scope === 'base' ? dn.toLowerCase() === within : isBelow(dn.toLowerCase())));
    if (from !== '' && !entries().some(({ dn }) => dn.toLowerCase() === within))
      return yield resultMessage(id, 0x65, { code: RESULT.noSuchObject, text: '0000208D: NameErr' });
    const found = candidates.filter((entry) => matches(filter, entry.attributes));
    for (const { dn, attributes: all } of found.slice(0, most || undefined))
      yield entryMessage(id, dn, pick(all, attributes, catalogOf !== undefined));
    // Where other domains are, which nobody is to follow.
    if (scope === 'sub' && from !== '') yield referenceMessage(id, `ldap://localhost:1/DC=other,${base}`);
    yield resultMessage(id, 0x65, most > 0 && found.length > most ? { code: RESULT.sizeLimitExceeded } : OK);
  }

  /** A change gives the old password and the new one in one request, a reset only the new one (MS-ADTS 3.1.1.3.1.5). */
  function modify(dn: string, changes: readonly Change[]): Result {
    const key = dn.toLowerCase();
    const plain = ({ values: [value] }: Change) => value?.toString('utf16le').slice(1, -1) ?? '';
    const given = changes.find(({ operation }) => operation === 'delete');
    const next = changes.find(({ operation }) => operation !== 'delete');
    if (!next || !passwords.has(key)) return { code: RESULT.unwillingToPerform, text: '00000005: SvcErr' };
    if (given && plain(given) !== passwords.get(key))
      return { code: RESULT.constraintViolation, text: '00000056: AtrErr: DSID-03190F80' };
    if (plain(next).length < 7) return { code: RESULT.constraintViolation, text: '0000052D: AtrErr: DSID-03190F80' };
    passwords.set(key, plain(next));
    if (['532', '773'].includes(refusals.get(key) ?? '')) refusals.delete(key);
    return OK;
  }

  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    let as = '';
    let rest = Buffer.alloc(0);
    socket.on('data', (octets: Buffer) => {
      rest = Buffer.concat([rest, octets]);
      for (let first = firstElement(rest); first; first = firstElement(rest)) {
        rest = rest.subarray(first.end);
        const [id, operation] = [numberOf(partOf(partsOf(first.element), 0)), partOf(partsOf(first.element), 1)];
        for (const answer of answers(id, operation)) socket.write(answer);
      }
    });

    function* answers(id: number, operation: Element): Generator<Buffer> {
      const parts = () => partsOf(operation);
      const referred = (kind: Asked['operation'], tag: number) => {
        const { url, operations } = double.refer ?? {};
        return operations?.includes(kind) && url ? [resultMessage(id, tag, { code: 10, referral: url })] : undefined;
      };
      if (operation.tag === TAGS.bind) {
        const [dn, password] = [textOf(partOf(parts(), 1)), textOf(partOf(parts(), 2))];
        asked.push({ operation: 'bind', as, dn });
        const away = dn === service.dn ? undefined : referred('bind', 0x61);
        if (away) return yield* away;
        const result = bind(dn, password);
        as = result.code === 0 ? dn : '';
        yield resultMessage(id, 0x61, result);
      } else if (operation.tag === TAGS.search) {
        const it = searchOf(parts());
        asked.push({ operation: 'search', as, base: it.base, scope: it.scope, attributes: it.attributes });
        yield* referred('search', 0x65) ?? search(id, it);
      } else if (operation.tag === TAGS.modify) {
        const [dn, changes] = [textOf(partOf(parts(), 0)), changesOf(partOf(parts(), 1))];
        asked.push({ operation: 'modify', as, dn, changes: changes.map((it) => `${it.operation} ${it.type}`) });
        yield* referred('modify', 0x67) ?? [resultMessage(id, 0x67, modify(dn, changes))];
      } else socket.end();
    }
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  const url = `ldap://localhost:${(server.address() as AddressInfo).port}`;

  const double: DomainDouble = {
    ...{ url, base, asked, entries: own },
    settings: (more = {}) => ({
      ...{ type: 'ldap', preset: 'active-directory', servers: [url], tls: 'dangerouslyNone', base },
      ...{ bindDn: service.dn, bindPassword: service.password, ...more },
    }),
    add(dn, attributes) {
      const all = Object.entries(attributes).map(([name, value]) => [name, [value].flat()] as const);
      own.set(dn.toLowerCase(), { dn, attributes: Object.fromEntries(all) });
      return dn;
    },
    person(name, more = {}) {
      const dn = double.add(`CN=${name},CN=Users,${base}`, {
        ...{ objectClass: ['user', 'person'], objectCategory: 'person', objectGUID: randomBytes(16) },
        ...{ sAMAccountName: name, cn: name, userAccountControl: '512', pwdLastSet: '133000000000000000', ...more },
      });
      passwords.set(dn.toLowerCase(), DOUBLE_PASSWORD);
      return dn;
    },
    refuse: (dn, code) => void refusals.set(dn.toLowerCase(), code),
    passwordOf: (dn) => passwords.get(dn.toLowerCase()),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
  double.add(`CN=NTDS Settings,${base}`, { objectClass: 'nTDSDSA', invocationId: randomBytes(16) });
  double.add(base, { objectClass: ['domainDNS'], lockoutThreshold: '0' });
  return double;
}

/** What was asked for and is there: in a catalog no more than it has. */
function pick(all: Attributes, wanted: readonly string[], partial: boolean): Attributes {
  const names = Object.keys(all).filter((name) => !partial || PARTIAL.includes(name));
  const asked = new Set(wanted.map((name) => name.toLowerCase()));
  return Object.fromEntries(
    names
      .filter((name) => asked.size === 0 || asked.has(name.toLowerCase()))
      .map((name) => [name, valuesOf(all, name)]),
  );
}

interface Search {
  base: string;
  scope: (typeof SCOPES)[number];
  most: number;
  filter: Element;
  attributes: string[];
}

function searchOf(parts: readonly Element[]): Search {
  return {
    base: textOf(partOf(parts, 0)),
    scope: SCOPES[numberOf(partOf(parts, 1))] ?? 'base',
    most: numberOf(partOf(parts, 3)),
    filter: partOf(parts, 6),
    attributes: partsOf(partOf(parts, 7)).map(textOf),
  };
}

interface Change {
  operation: 'add' | 'delete' | 'replace';
  type: string;
  values: Buffer[];
}

function changesOf(list: Element): Change[] {
  return partsOf(list).map((change) => {
    const [operation, modification] = [partOf(partsOf(change), 0), partsOf(partOf(partsOf(change), 1))];
    return {
      operation: (['add', 'delete', 'replace'] as const)[numberOf(operation)] ?? 'replace',
      type: textOf(partOf(modification, 0)),
      values: partsOf(partOf(modification, 1)).map(({ octets }) => octets),
    };
  });
}
