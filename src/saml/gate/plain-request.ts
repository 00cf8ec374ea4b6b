import { BINDINGS, COMPARISONS } from '../model.ts';
import { NS } from '../xml/library.ts';
import { ENTITY, flag, given, instant } from '../xml/values.ts';
import type { Content } from './read.ts';

type AuthnRequest = Extract<Content, { kind: 'AuthnRequest' }>;
type Scope = Readonly<Record<string, string>>;

/**
 * An AuthnRequest as toolkits write it, read without a parser: ASCII, and of its elements and attributes those that
 * nearly every one has. Whatever it takes is well-formed and valid, and reads as the gate's reader has it, so that it is
 * neither stricter nor looser by it; whatever else there is (a comment, an entity, CDATA, a further element, a prefix of
 * another namespace, a blank where none is usual) it doesn't read at all. Undefined: that is for the parser to say.
 */
export function plainRequest(xml: Buffer): Read | undefined {
  if (xml.length > LONGEST) return undefined;
  const text = xml.toString('latin1');
  if (!ASCII.test(text)) return undefined;
  const own = ownPartsOf(text);
  const known = own && layouts.get(own.layout);
  if (own === undefined || known === undefined) return readAnew(text, own);
  const { id, time } = own;
  const issueInstant = ID.test(id) && TIME.test(time) ? timeOf(time) : undefined;
  return issueInstant === undefined ? undefined : { ...known, content: { ...known.content, id, issueInstant } };
}

interface Read {
  content: AuthnRequest;
  destination?: string;
}

/** What requests of one sender differ in, and all the rest. */
interface OwnParts {
  id: string;
  time: string;
  layout: string;
}

/**
 * Where quotes are double alone, ` ID="` is where that attribute begins, for no value holds a quote and no text a blank:
 * two requests with the same rest say the same but for these. Undefined where they aren't found once each.
 */
function ownPartsOf(text: string): OwnParts | undefined {
  if (text.includes("'")) return undefined;
  const id = valueIn(text, ' ID="');
  const time = valueIn(text, ' IssueInstant="');
  if (id === undefined || time === undefined) return undefined;
  const [first, second] = id.from < time.from ? [id, time] : [time, id];
  const rest = [text.slice(0, first.from), text.slice(first.to, second.from), text.slice(second.to)];
  return { id: id.value, time: time.value, layout: `${rest.join("'")}${first === id ? '' : "'"}` };
}

function valueIn(text: string, name: string): { from: number; to: number; value: string } | undefined {
  const at = text.indexOf(name);
  if (at < 0 || text.indexOf(name, at + 1) >= 0) return undefined;
  const from = at + name.length;
  const to = text.indexOf('"', from);
  return to < 0 ? undefined : { from, to, value: text.slice(from, to) };
}

/** Layouts of requests that were read, far more than there are service providers in use at one time. */
const KEPT = 1000;
const layouts = new Map<string, Read>();

function readAnew(text: string, own: OwnParts | undefined): Read | undefined {
  const read = new Reader(text).request();
  if (read === undefined || own === undefined || read.content.id !== own.id) return read;
  if (layouts.size >= KEPT) layouts.clear();
  layouts.set(own.layout, read);
  return read;
}

/** Octets; usual ones have some 500. */
const LONGEST = 4096;
const ASCII = /^[\t\n\r\x20-\x7E]*$/;

const DECLARATION = /(?:<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"UTF-8"|'UTF-8'|"utf-8"|'utf-8'))?\?>)?/y;
const BLANKS = /[\t\n\r ]*/y;
/** A start tag: its prefix and name, what it says, and whether it is empty. */
const OPENING =
  /<(?:([A-Za-z][\w-]*):)?([A-Za-z]+)((?:[\t\n\r ]+[A-Za-z][\w:-]*=(?:"[^"<&\t\n\r]*"|'[^'<&\t\n\r]*'))*)[\t\n\r ]*(\/?)>/y;
const ATTRIBUTE = /([A-Za-z][\w:-]*)=(?:"([^"]*)"|'([^']*)')/g;
const CLOSING = /<\/([\w:-]+)>/y;
const WORD = /[^<>&\s]+/y;

const NAMESPACES: ReadonlySet<string> = new Set([NS.samlp, NS.saml]);
const ID = /^[A-Za-z_][\w.-]*$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const URN = /^urn:[a-z0-9-]+(?::[\w.-]+)+$/i;
const ADDRESS =
  /^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/(?:[\w./~:@!$'()*+,;=-]|%[\dA-Fa-f]{2})*)?(?:\?(?:[\w./~:@!$'()*+,;=?-]|%[\dA-Fa-f]{2})*)?$/;
const FLAG = /^(?:true|false|1|0)$/;
const SHORT = /^(?:0|[1-9]\d{0,3}|[1-5]\d{4})$/;
const NAME = /^[^>]*$/;
const COMPARISON: ReadonlySet<string> = new Set(COMPARISONS);

type Fits = (value: string) => boolean;
const like =
  (pattern: RegExp): Fits =>
  (value) =>
    pattern.test(value);
const isUri: Fits = (value) => URN.test(value) || ADDRESS.test(value);

/** What each element may say, and by which values. */
const OF_REQUEST: Readonly<Record<string, Fits>> = {
  ID: like(ID),
  Version: (value) => value === '2.0',
  IssueInstant: like(TIME),
  Destination: like(ADDRESS),
  AssertionConsumerServiceURL: like(ADDRESS),
  AssertionConsumerServiceIndex: like(SHORT),
  AttributeConsumingServiceIndex: like(SHORT),
  ProtocolBinding: (value) => value === BINDINGS.post,
  ProviderName: like(NAME),
  ForceAuthn: like(FLAG),
  IsPassive: like(FLAG),
};
const OF_ISSUER: Readonly<Record<string, Fits>> = { Format: (value) => value === ENTITY };
const OF_POLICY: Readonly<Record<string, Fits>> = {
  Format: like(URN),
  SPNameQualifier: like(NAME),
  AllowCreate: like(FLAG),
};
const OF_CONTEXT: Readonly<Record<string, Fits>> = { Comparison: (value) => COMPARISON.has(value) };
const NOTHING: Readonly<Record<string, Fits>> = {};

interface Tag {
  /** As it is written, for its end. */
  written: string;
  name: string;
  namespace: string;
  says: ReadonlyMap<string, string>;
  empty: boolean;
  scope: Scope;
}

class Reader {
  readonly #text: string;
  #at = 0;
  /** An element began and isn't what it was taken for: nothing that follows makes up for it. */
  #failed = false;

  constructor(text: string) {
    this.#text = text;
  }

  request(): Read | undefined {
    this.#match(DECLARATION);
    this.#match(BLANKS);
    const root = this.#open({}, NS.samlp, 'AuthnRequest', OF_REQUEST);
    if (root === undefined || root.empty) return undefined;
    const issuer = this.#leaf(root.scope, NS.saml, 'Issuer', OF_ISSUER);
    if (issuer === undefined) return undefined;
    const parts = this.#parts(root.scope);
    if (!parts || !this.#close(root) || this.#match(BLANKS) === undefined || this.#at !== this.#text.length)
      return undefined;
    return this.#failed ? undefined : contentOf(root.says, issuer, parts);
  }

  /** What may stand after the Issuer, each once, in the order of the schema. */
  #parts(scope: Scope): Pick<AuthnRequest, 'nameIdPolicy' | 'requestedAuthnContext'> | undefined {
    const policy = this.#open(scope, NS.samlp, 'NameIDPolicy', OF_POLICY);
    if (policy && !policy.empty && !this.#close(policy)) return undefined;
    const context = this.#open(scope, NS.samlp, 'RequestedAuthnContext', OF_CONTEXT);
    const classes = context && this.#classes(context);
    if (context && classes === undefined) return undefined;
    const comparison = COMPARISONS.find((known) => known === context?.says.get('Comparison')) ?? 'exact';
    return {
      ...given('nameIdPolicy', policy && policyOf(policy.says)),
      ...given('requestedAuthnContext', classes && { comparison, classes, declarations: false }),
    };
  }

  #classes(context: Tag): string[] | undefined {
    const classes: string[] = [];
    if (context.empty) return undefined;
    for (;;) {
      const name = this.#leaf(context.scope, NS.saml, 'AuthnContextClassRef', NOTHING);
      if (name === undefined) break;
      if (!isUri(name)) return undefined;
      classes.push(name);
    }
    return classes.length > 0 && this.#close(context) ? classes : undefined;
  }

  /** The text of an element of this name that holds nothing else; nothing is taken where it is another one. */
  #leaf(scope: Scope, namespace: string, name: string, may: Readonly<Record<string, Fits>>): string | undefined {
    const tag = this.#open(scope, namespace, name, may);
    if (tag === undefined) return undefined;
    const text = tag.empty ? undefined : this.#match(WORD)?.[0];
    if (text === undefined) this.#failed = true;
    return text !== undefined && this.#end(tag) ? text : undefined;
  }

  /** The next element, if it is of this name and says nothing but what it may. */
  #open(outer: Scope, namespace: string, name: string, may: Readonly<Record<string, Fits>>): Tag | undefined {
    const begun = this.#at;
    this.#match(BLANKS);
    const found = this.#match(OPENING);
    const tag = found && tagOf(found, outer, may);
    if (tag?.name === name && tag.namespace === namespace) return tag;
    this.#at = begun;
    return undefined;
  }

  #close(tag: Tag): boolean {
    this.#match(BLANKS);
    return this.#end(tag);
  }

  #end({ written }: Tag): boolean {
    if (this.#match(CLOSING)?.[1] !== written) this.#failed = true;
    return !this.#failed;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }
}

function tagOf(found: RegExpExecArray, outer: Scope, may: Readonly<Record<string, Fits>>): Tag | undefined {
  const [, prefix, name = '', attributes = '', slash] = found;
  const says = new Map<string, string>();
  const declared: Record<string, string> = {};
  for (const [, key = '', quoted, single = ''] of attributes.matchAll(ATTRIBUTE)) {
    const value = quoted ?? single;
    if (key.startsWith('xmlns')) {
      const of = key.slice('xmlns:'.length);
      const isFine = /^xmlns(?::[A-Za-z][\w-]*)?$/.test(key) && !of.startsWith('xml') && NAMESPACES.has(value);
      if (!isFine || Object.hasOwn(declared, of)) return undefined;
      declared[of] = value;
    } else {
      const fits = Object.hasOwn(may, key) ? may[key] : undefined;
      if (!fits?.(value) || says.has(key)) return undefined;
      says.set(key, value);
    }
  }
  const scope = { ...outer, ...declared };
  const namespace = Object.hasOwn(scope, prefix ?? '') ? scope[prefix ?? ''] : undefined;
  if (namespace === undefined) return undefined;
  const written = prefix === undefined ? name : `${prefix}:${name}`;
  return { written, name, namespace, says, empty: slash === '/', scope };
}

const policyOf = (says: Tag['says']): NonNullable<AuthnRequest['nameIdPolicy']> => ({
  ...given('format', says.get('Format')),
  ...given('spNameQualifier', says.get('SPNameQualifier')),
  allowCreate: flag(says.get('AllowCreate')),
});

/** A day that there is: what `Date.parse` takes is more than that. */
function timeOf(text: string): number | undefined {
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text.slice(0, 'yyyy-mm-ddThh:mm:ss'.length))
    ? instant(text)
    : undefined;
}

function contentOf(
  says: Tag['says'],
  issuer: string,
  parts: Pick<AuthnRequest, 'nameIdPolicy' | 'requestedAuthnContext'>,
): Read | undefined {
  const [id, version, time] = ['ID', 'Version', 'IssueInstant'].map((name) => says.get(name));
  const issueInstant = time === undefined ? undefined : timeOf(time);
  if (id === undefined || version === undefined || issueInstant === undefined) return undefined;
  const number = (name: string) => (says.has(name) ? Number(says.get(name)) : undefined);
  const content: AuthnRequest = {
    kind: 'AuthnRequest',
    ...{ id, issuer, issueInstant },
    ...given('assertionConsumerServiceUrl', says.get('AssertionConsumerServiceURL')),
    ...given('assertionConsumerServiceIndex', number('AssertionConsumerServiceIndex')),
    ...given('attributeConsumingServiceIndex', number('AttributeConsumingServiceIndex')),
    ...given('protocolBinding', says.get('ProtocolBinding')),
    forceAuthn: flag(says.get('ForceAuthn')),
    isPassive: flag(says.get('IsPassive')),
    ...given('providerName', says.get('ProviderName')),
    ...parts,
  };
  return { content, ...given('destination', says.get('Destination')) };
}
