import { quoted, ScimError } from './errors.ts';
import { attributeOf } from './filter.ts';
import { matches } from './matching.ts';
import { type Operation, parsePath } from './patch.ts';
import { isObject, type Json, own } from './terms.ts';

/** What a request says of a group: fields that are here, whatever names it uses. */
export interface GroupDraft {
  displayName?: string | undefined;
  externalId?: string | undefined;
  /** Ids; undefined: nothing is said. */
  members?: readonly string[] | undefined;
}

/** What a PATCH asks for. Members who are added and removed in turn end as the last one says. */
export interface GroupChange {
  displayName?: string;
  /** Null: none any more. */
  externalId?: string | null;
  /** All who are in it before are out of it first. */
  anew: boolean;
  join: Set<string>;
  leave: Set<string>;
  /** Members before who match any of these leave too, unless they join afterwards. */
  matching: ((member: Json) => boolean)[];
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new ScimError(400, `${what} must be a text.`, 'invalidValue');
}

/** Ids out of a list of members; Entra also sends one alone. */
function idsOf(value: unknown): string[] {
  const listed = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
  return listed.map((member: unknown) => {
    const type = isObject(member) ? own(member, 'type') : undefined;
    if (typeof type === 'string' && type.toLowerCase() === 'group') {
      throw new ScimError(400, 'Groups can’t be members of groups here.', 'invalidValue');
    }
    return text(isObject(member) ? own(member, 'value') : member, 'the value of a member');
  });
}

export function groupDraftOf(body: unknown): GroupDraft {
  if (!isObject(body)) throw new ScimError(400, 'The body must be an object.', 'invalidSyntax');
  const externalId = own(body, 'externalId') ?? undefined;
  const members = own(body, 'members');
  return {
    displayName: text(own(body, 'displayName'), 'displayName'),
    ...(externalId !== undefined && { externalId: text(externalId, 'externalId') }),
    ...(members !== undefined && { members: idsOf(members) }),
  };
}

function join(change: GroupChange, ids: readonly string[]): void {
  for (const id of ids) {
    change.leave.delete(id);
    change.join.add(id);
  }
}

function leave(change: GroupChange, ids: readonly string[]): void {
  for (const id of ids) {
    change.join.delete(id);
    change.leave.add(id);
  }
}

function startAnew(change: GroupChange): void {
  change.anew = true;
  change.join.clear();
  change.leave.clear();
}

function changeMembers(
  change: GroupChange,
  { op, value }: Operation,
  within: ((m: Json) => boolean) | undefined,
): void {
  if (within !== undefined) {
    if (op !== 'remove') throw new ScimError(400, 'Members can be added and removed, not changed.', 'mutability');
    change.matching.push(within);
    for (const id of change.join) if (within({ value: id })) change.join.delete(id);
    return;
  }
  const ids = idsOf(value);
  // Without a list of values it is everybody.
  if (op === 'replace' || (op === 'remove' && ids.length === 0)) startAnew(change);
  if (op === 'remove') leave(change, ids);
  else join(change, ids);
}

function changeAt(change: GroupChange, path: ReturnType<typeof parsePath>, operation: Operation): void {
  const { op, value } = operation;
  const { name, within, schema, sub } = path;
  if (schema !== undefined || name === 'schemas') return;
  if (name === 'members') {
    if (sub !== undefined && sub !== 'value') return;
    changeMembers(change, operation, within && ((member) => matches(member, within)));
    return;
  }
  if (name === 'displayname') {
    if (op === 'remove') throw new ScimError(400, 'displayName can’t be removed.', 'mutability');
    change.displayName = text(value, 'displayName');
  } else if (name === 'externalid') change.externalId = op === 'remove' || value === null ? null : text(value, name);
  else if (name === 'id' || name === 'meta') throw new ScimError(400, `${name} can’t be changed.`, 'mutability');
  else throw new ScimError(400, `There is no attribute ${quoted(name)}.`, 'invalidPath');
}

const KNOWN = ['displayname', 'externalid', 'members'];

/** What all operations together ask for. Throws ScimError. */
export function groupChangeOf(operations: readonly Operation[]): GroupChange {
  const change: GroupChange = { anew: false, join: new Set(), leave: new Set(), matching: [] };
  for (const operation of operations) {
    if (operation.path !== undefined) {
      changeAt(change, parsePath(operation.path), operation);
      continue;
    }
    if (operation.op === 'remove') throw new ScimError(400, 'remove needs a path.', 'noTarget');
    if (!isObject(operation.value)) throw new ScimError(400, 'Without a path, value is an object.', 'invalidValue');
    for (const [name, value] of Object.entries(operation.value)) {
      const path = attributeOf(name);
      if (path && KNOWN.includes(path.name)) changeAt(change, path, { ...operation, value });
    }
  }
  return change;
}
