import { clear, type Draft, type Kept, keptBy, set, setEntry, setParts, setWhole, type TextField } from './draft.ts';
import { quoted, ScimError } from './errors.ts';
import { type Attribute, attributeOf, type Filter, FilterParser } from './filter.ts';
import { matches } from './matching.ts';
import { isObject, type Json, MOST_OPERATIONS, own } from './terms.ts';
import { Tokens } from './tokens.ts';

export interface Path extends Omit<Attribute, 'sub'> {
  sub?: string;
  within?: Filter;
}

/** One operation of a PATCH, RFC 7644 section 3.5.2. */
export interface Operation {
  op: 'add' | 'replace' | 'remove';
  path?: string;
  value: unknown;
}

const OPS = ['add', 'replace', 'remove'] as const;

/** Reads what a PATCH asks for. Entra writes `Add`; some add a path of nothing. Throws ScimError. */
export function operationsOf(body: unknown): Operation[] {
  const listed = isObject(body) ? own(body, 'Operations') : undefined;
  if (!Array.isArray(listed)) throw new ScimError(400, 'Operations must be a list.', 'invalidSyntax');
  if (listed.length > MOST_OPERATIONS) {
    throw new ScimError(400, `There are more than ${MOST_OPERATIONS} operations.`, 'tooMany');
  }
  return listed.map((operation: unknown) => {
    if (!isObject(operation)) throw new ScimError(400, 'An operation must be an object.', 'invalidSyntax');
    const said = own(operation, 'op');
    const op = OPS.find((one) => typeof said === 'string' && one === said.toLowerCase());
    if (op === undefined) throw new ScimError(400, 'op must be add, replace or remove.', 'invalidSyntax');
    const path = own(operation, 'path') ?? undefined;
    if (path !== undefined && typeof path !== 'string') throw new ScimError(400, 'path must be a text.', 'invalidPath');
    return { op, ...(path !== undefined && path !== '' && { path }), value: own(operation, 'value') };
  });
}

/** Reads `emails[type eq "work"].value`, `name.givenName`, `urn:…:User:active`. Throws ScimError invalidPath. */
export function parsePath(text: string): Path {
  const tokens = new Tokens(text, 'invalidPath');
  const parser = new FilterParser(tokens);
  const { attribute, within } = parser.element(parser.attribute());
  if (!tokens.done) throw tokens.fault('the path ends before this');
  return { ...attribute, ...(within && { within }) };
}

/** The one entry that is kept of a list, as filters see it; also where there is none yet. */
function entryOf(draft: Draft, subs: ReadonlyMap<string, TextField>): Json {
  const parts = [...subs].flatMap(([sub, field]) => (draft[field] === undefined ? [] : [[sub, draft[field]]]));
  return { type: 'work', primary: true, ...Object.fromEntries(parts) };
}

function patchEntry(draft: Draft, kept: Kept & { is: 'entry' }, path: Path, { op, value }: Operation): void {
  const { subs } = kept;
  const { sub, within, name } = path;
  // Of other types none is kept: what is said of them changes nothing.
  if (within !== undefined && !matches(entryOf(draft, subs), within)) return;
  if (sub !== undefined) {
    const field = subs.get(sub);
    if (field !== undefined) set(draft, field, op === 'remove' ? undefined : value);
    return;
  }
  if (op !== 'remove') {
    if (within === undefined) setEntry(draft, subs, value, name);
    else setParts(draft, subs, value, name);
    return;
  }
  // A list of values names which; without one it is all.
  const entry = own(entryOf(draft, subs), 'value');
  const named = Array.isArray(value) ? value.map((one) => (isObject(one) ? own(one, 'value') : one)) : [];
  if (named.length === 0 || named.includes(entry)) clear(draft, subs);
}

function patchAt(draft: Draft, path: Path, operation: Operation): void {
  const { op, value } = operation;
  const kept = keptBy(path);
  if (kept === undefined) throw new ScimError(400, `There is no attribute ${quoted(path.name)}.`, 'invalidPath');
  if (kept.is === 'ignored') return;
  if (kept.is === 'fixed') throw new ScimError(400, `${path.name} can’t be changed here.`, 'mutability');
  if (kept.is === 'entry') {
    patchEntry(draft, kept, path, operation);
    return;
  }
  if (path.within !== undefined) throw new ScimError(400, `${quoted(path.name)} is no list.`, 'invalidPath');
  if (kept.is === 'parts' && path.sub !== undefined) {
    const field = kept.subs.get(path.sub);
    // Middle names and titles aren't kept.
    if (field !== undefined) set(draft, field, op === 'remove' ? undefined : value);
    return;
  }
  if (path.sub !== undefined) throw new ScimError(400, `${quoted(path.name)} has no parts.`, 'invalidPath');
  if (op !== 'remove') setWhole(draft, kept, value, path.name);
  else if (kept.is === 'parts') clear(draft, kept.subs);
  else if (kept.field !== 'active') set(draft, kept.field, undefined);
  else throw new ScimError(400, 'active can’t be removed.', 'mutability');
}

/** A whole resource's worth at once: plain, dotted and URN names; those that aren't known or fixed are passed over. */
function patchWithoutPath(draft: Draft, operation: Operation): void {
  if (operation.op === 'remove') throw new ScimError(400, 'remove needs a path.', 'noTarget');
  if (!isObject(operation.value)) throw new ScimError(400, 'Without a path, value is an object.', 'invalidValue');
  for (const [name, value] of Object.entries(operation.value)) {
    const path = name.includes('[') ? parsePath(name) : attributeOf(name);
    const kept = path && keptBy(path);
    if (path && kept && kept.is !== 'fixed') patchAt(draft, path, { ...operation, value });
  }
}

/** Carries out one operation after the other on a copy. Throws ScimError: then nothing has changed. */
export function patched(draft: Draft, operations: readonly Operation[]): Draft {
  const copy: Draft = { ...draft };
  for (const operation of operations) {
    if (operation.path === undefined) patchWithoutPath(copy, operation);
    else patchAt(copy, parsePath(operation.path), operation);
  }
  return copy;
}
