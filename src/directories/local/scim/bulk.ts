import type { Answer, Ask, Call } from './call.ts';
import { errorBody, ScimError } from './errors.ts';
import { BULK_RESPONSE, isObject, type Json, MOST_OPERATIONS, own } from './terms.ts';

interface Operation {
  method: string;
  path: string;
  bulkId: string | undefined;
  version: string | undefined;
  data: unknown;
}

type Ids = ReadonlyMap<string, string>;

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];
const REFERENCE = /^bulkId:(.{1,256})$/i;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function operationOf(value: unknown): Operation {
  if (!isObject(value)) throw new ScimError(400, 'An operation must be an object.', 'invalidSyntax');
  return {
    method: text(own(value, 'method'))?.toUpperCase() ?? '',
    path: text(own(value, 'path')) ?? '',
    bulkId: text(own(value, 'bulkId')),
    version: text(own(value, 'version')),
    data: own(value, 'data'),
  };
}

function read(body: unknown): { operations: Operation[]; failOnErrors: number } {
  const listed = isObject(body) ? own(body, 'Operations') : undefined;
  if (!Array.isArray(listed)) throw new ScimError(400, 'Operations must be a list.', 'invalidSyntax');
  if (listed.length > MOST_OPERATIONS) {
    throw new ScimError(413, `There are more than ${MOST_OPERATIONS} operations.`, 'tooMany');
  }
  const said = isObject(body) ? own(body, 'failOnErrors') : undefined;
  const failOnErrors = typeof said === 'number' && said >= 1 ? said : Number.POSITIVE_INFINITY;
  return { operations: listed.map(operationOf), failOnErrors };
}

/** A text in the place of a reference, where it is one; undefined where it isn't known yet. */
function resolved(value: string, ids: Ids): string | undefined {
  const [, id] = REFERENCE.exec(value) ?? [];
  return id === undefined ? value : ids.get(id);
}

/** Members with ids in the place of references: nowhere else do resources name one another. */
function withIds(data: unknown, ids: Ids): { data: unknown; open: boolean } {
  let open = false;
  const id = (value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    const found = resolved(value, ids);
    open ||= found === undefined;
    return found ?? value;
  };
  const members = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map((one: unknown) => (isObject(one) ? { ...one, value: id(own(one, 'value')) } : id(one)))
      : isObject(value)
        ? { ...value, ...(own(value, 'value') !== undefined && { value: id(own(value, 'value')) }) }
        : id(value);
  /** Without a path the value is a part of the resource. */
  const within = (value: unknown): unknown =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([name, it]) => [name, /(?:^|:)members$/i.test(name) ? members(it) : it]),
        )
      : value;
  if (!isObject(data)) return { data, open };
  const listed = own(data, 'Operations');
  if (Array.isArray(listed)) {
    const operations = listed.map((one: unknown) =>
      isObject(one) ? { ...one, value: (own(one, 'path') ? members : within)(own(one, 'value')) } : one,
    );
    return { data: { Operations: operations }, open };
  }
  return own(data, 'members') === undefined
    ? { data, open }
    : { data: { ...data, members: members(own(data, 'members')) }, open };
}

/** One operation as a request of its own; undefined while it waits for another one's id. */
function askOf({ method, path, version, data }: Operation, ids: Ids): Ask | undefined {
  const segments = path.split('/').map((part) => resolved(part, ids));
  const { data: body, open } = withIds(data, ids);
  if (open || segments.includes(undefined)) return undefined;
  return { method, path: segments.join('/'), query: {}, body, ifMatch: version };
}

function toldOf({ method, bulkId, version: _, path }: Operation, answer: Answer | ScimError): Json {
  const base = { method, ...(bulkId !== undefined && { bulkId }) };
  if (answer instanceof ScimError) {
    return {
      ...base,
      ...(path && method !== 'POST' && { location: path }),
      status: String(answer.status),
      response: errorBody(answer),
    };
  }
  const { location, etag } = answer.headers ?? {};
  return { ...base, ...(location && { location }), ...(etag && { version: etag }), status: String(answer.status) };
}

/** `id` of what was made, for those that refer to it. */
const madeBy = ({ json }: Answer): string | undefined => (isObject(json) ? text(json.id) : undefined);

/**
 * RFC 7644 section 3.7: one after the other, each as if it came alone. Those that refer to a later one wait for it;
 * of those that wait for one another none is done.
 */
export async function bulk(
  call: Call,
  body: unknown,
  perform: (call: Call, ask: Ask) => Promise<Answer>,
): Promise<Answer> {
  const { operations, failOnErrors } = read(body);
  const ids = new Map<string, string>();
  const told = new Map<Operation, Json>();
  let failed = 0;
  const attempt = async (operation: Operation, ask: Ask): Promise<Answer | ScimError> => {
    try {
      const target = /^\/(?:Users|Groups)(?:\/[^/]+)?$/.test(ask.path);
      if (!target || !METHODS.includes(ask.method))
        throw new ScimError(400, 'method or path isn’t for bulk.', 'invalidPath');
      if (ask.method === 'POST' && operation.bulkId === undefined)
        throw new ScimError(400, 'POST needs a bulkId.', 'invalidSyntax');
      return await perform(call, ask);
    } catch (error) {
      if (error instanceof ScimError) return error;
      throw error;
    }
  };
  const settle = (operation: Operation, answer: Answer | ScimError) => {
    told.set(operation, toldOf(operation, answer));
    if (answer instanceof ScimError) failed += 1;
    else if (operation.bulkId !== undefined) ids.set(operation.bulkId, madeBy(answer) ?? '');
  };
  let waiting = operations;
  for (let progress = true; progress && failed < failOnErrors; ) {
    progress = false;
    const later: Operation[] = [];
    for (const operation of waiting) {
      const ask = failed < failOnErrors ? askOf(operation, ids) : undefined;
      if (ask === undefined) later.push(operation);
      else {
        progress = true;
        settle(operation, await attempt(operation, ask));
      }
    }
    waiting = later;
  }
  if (failed < failOnErrors) {
    for (const operation of waiting)
      settle(operation, new ScimError(409, 'A bulkId that it names was never made.', 'invalidValue'));
  }
  const done = operations.flatMap((operation) => told.get(operation) ?? []);
  return { status: 200, json: { schemas: [BULK_RESPONSE], Operations: done } };
}
