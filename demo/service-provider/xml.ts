import { parseXml2JsFromString } from '@node-saml/node-saml/lib/xml.js';
import { ApplicationError } from '../shared/error.ts';

/** What node-saml's own parser answers: attributes in `$`, text in `_`, children by their names without a prefix. */
interface Parsed {
  readonly $?: Readonly<Record<string, string>>;
  readonly _?: string;
  readonly [child: string]: unknown;
}

/** An element, to be read by local names. What it says is worth no more than the signature over it. */
export class XmlElement {
  readonly name: string;
  readonly #parsed: Parsed;

  constructor(name: string, parsed: unknown) {
    this.name = name;
    this.#parsed = typeof parsed === 'object' && parsed !== null ? (parsed as Parsed) : { _: String(parsed ?? '') };
  }

  get text(): string {
    return (this.#parsed._ ?? '').trim();
  }

  attribute(name: string): string | undefined {
    return this.#parsed.$?.[name];
  }

  all(name: string): XmlElement[] {
    const found = Object.hasOwn(this.#parsed, name) ? this.#parsed[name] : [];
    return (Array.isArray(found) ? found : [found]).map((child) => new XmlElement(name, child));
  }

  /** The first at the end of a path of names. */
  first(...path: readonly string[]): XmlElement | undefined {
    return path.reduce<XmlElement | undefined>((element, name) => element?.all(name)[0], this);
  }
}

/** The root element of a document; a document type is refused, since nothing of SAML has one. */
export async function parsed(xml: string): Promise<XmlElement> {
  if (/<!DOCTYPE/i.test(xml)) throw new ApplicationError(400, 'malformed', 'the message has a document type');
  try {
    const [root] = Object.entries((await parseXml2JsFromString(xml)) ?? {});
    if (root !== undefined) return new XmlElement(...root);
  } catch (cause) {
    throw new ApplicationError(400, 'malformed', 'the message is no XML', { cause });
  }
  throw new ApplicationError(400, 'malformed', 'the message is empty');
}
