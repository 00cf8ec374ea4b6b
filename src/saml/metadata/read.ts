import { type Element, NS } from '../xml/library.ts';
import { MetadataFault } from './fault.ts';

/** Children of an element by name: an entity is looked at by a dozen names, and each look goes through the parser's memory. */
const indexes = new WeakMap<Element, Map<string, Element[]>>();

/** Child elements of one name, in document order. */
export function childrenOf(parent: Element, namespace: string, name: string): Element[] {
  let index = indexes.get(parent);
  if (index === undefined) {
    index = Map.groupBy(parent.children(), (child) => `${child.namespace} ${child.name}`);
    indexes.set(parent, index);
  }
  return index.get(`${namespace} ${name}`) ?? [];
}

/** Elements of one name below `Extensions` of this element. */
export function extensionsOf(parent: Element, namespace: string, name: string): Element[] {
  return childrenOf(parent, NS.md, 'Extensions').flatMap((extensions) => childrenOf(extensions, namespace, name));
}

/** Text of an element, without the white space around it. */
export function textOf(element: Element): string {
  return element.text.trim();
}

/** Texts of elements, without those that are empty or repeated. */
export function distinct(elements: readonly Element[]): string[] {
  return [...new Set(elements.map(textOf))].filter((text) => text !== '');
}

/** xs:boolean; absent is `false`. */
export function flag(element: Element, name: string): boolean {
  const value = element.attribute(name)?.trim();
  if (value === undefined || value === 'false' || value === '0') return false;
  if (value === 'true' || value === '1') return true;
  throw new MetadataFault(`${name} of ${element.name} is neither true nor false`);
}

/** xs:unsignedShort, as the index of an endpoint is. */
export function indexOf(element: Element): number {
  const text = element.attribute('index')?.trim() ?? '';
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 65_535)) throw new MetadataFault(`a ${element.name} has no index between 0 and 65535`);
  return value;
}

/** As many as an entity may have of something; more is a fault. */
export function bounded<T>(found: T[], most: number, what: string): T[] {
  if (found.length > most) throw new MetadataFault(`it has ${found.length} ${what}, more than ${most}`);
  return found;
}

/** No two may have the same index: a request would mean either. */
export function indexed<T extends { index: number }>(found: T[], what: string): T[] {
  const twice = found.find(({ index }, at) => found.findIndex((other) => other.index === index) !== at);
  if (twice !== undefined) throw new MetadataFault(`two ${what} have the index ${twice.index}`);
  return found;
}
