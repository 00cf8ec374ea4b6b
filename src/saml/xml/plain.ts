import { SamlFault } from '../errors.ts';
import { type Document, path } from './library.ts';

/** Where a comment may cut a text in two, readers differ in which half they see. Throws `xml`. */
const BESIDE = path('//comment() | //processing-instruction()');
export function elementsAndTextAlone(document: Document): void {
  if (document.count(BESIDE) > 0) throw new SamlFault('xml', 'a comment or a processing instruction');
}

/** A reference to an ID means one element, for whoever looks it up. Throws `signature`. */
const IDS = path('//@ID | //@Id | //@id | //@xml:id');
export function idsOnce(document: Document): void {
  const ids = document.values(IDS);
  if (new Set(ids).size !== ids.length) throw new SamlFault('signature', 'an ID twice');
}
