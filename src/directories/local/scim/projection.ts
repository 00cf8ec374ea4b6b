import { ScimError } from './errors.ts';
import { type Attribute, attributeOf } from './filter.ts';
import { isObject, type Json, own } from './terms.ts';

/** Which attributes an answer has, RFC 7644 section 3.9. */
export interface Projection {
  only?: readonly Attribute[];
  without?: readonly Attribute[];
}

/** Always there, whatever is asked for. */
const ALWAYS = ['schemas', 'id'];

function read(names: string): Attribute[] {
  return names.split(',', 100).flatMap((name) => attributeOf(name.trim()) ?? []);
}

/** Throws ScimError where both are given. */
export function projectionOf(attributes: string | undefined, excluded: string | undefined): Projection {
  if (attributes && excluded) {
    throw new ScimError(400, 'Give attributes or excludedAttributes, not both.', 'invalidValue');
  }
  return { ...(attributes && { only: read(attributes) }), ...(excluded && { without: read(excluded) }) };
}

/** Whether an attribute is shown, in whole or in part. */
export function shows({ only, without = [] }: Projection, name: string): boolean {
  const wanted = name.toLowerCase();
  const all = without.some((one) => one.schema === undefined && one.name === wanted && one.sub === undefined);
  return !all && (only === undefined || only.some((one) => one.schema === undefined && one.name === wanted));
}

function parts(value: unknown, keep: (sub: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => parts(one, keep));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([sub]) => keep(sub.toLowerCase())));
}

export function projected(resource: Json, projection: Projection): Json {
  const { only, without = [] } = projection;
  const shown = Object.keys(resource).flatMap((name) => {
    const lower = name.toLowerCase();
    const value = own(resource, name);
    if (ALWAYS.includes(lower)) return [[name, value] as const];
    if (!shows(projection, name)) return [];
    const asked = only?.filter((one) => one.name === lower) ?? [];
    const whole = asked.length === 0 || asked.some(({ sub }) => sub === undefined);
    const kept = whole ? value : parts(value, (sub) => asked.some((one) => one.sub === sub));
    const left = without.filter((one) => one.schema === undefined && one.name === lower);
    return [[name, left.length === 0 ? kept : parts(kept, (sub) => !left.some((one) => one.sub === sub))] as const];
  });
  return Object.fromEntries(shown);
}
