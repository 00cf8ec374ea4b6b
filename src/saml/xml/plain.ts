import { SamlFault } from '../errors.ts';
import { type Document, path } from './library.ts';

/** Where a comment may cut a text in two, readers differ in which half they see. Throws `xml`. */
const DECLARATION = /^<\?xml[\t\n\r ]/;
const BESIDE = path('//comment() | //processing-instruction()');
export function elementsAndTextAlone(document: Document): void {
  const { octets } = document;
  if (!octets.includes('<!--') && !octets.includes('<?', DECLARATION.test(octets) ? 1 : 0)) return;
  if (document.count(BESIDE) > 0) throw new SamlFault('xml', 'a comment or a processing instruction');
}

/** A reference to an ID means one element, for whoever looks it up. Throws `signature`. */
const IDS = path('//@ID | //@Id | //@id | //@xml:id');
const WRITTEN = /id\s*=/gi;
export function idsOnce(document: Document): void {
  if ((document.octets.match(WRITTEN)?.length ?? 0) < 2) return;
  const ids = document.values(IDS);
  if (new Set(ids).size !== ids.length) throw new SamlFault('signature', 'an ID twice');
}
