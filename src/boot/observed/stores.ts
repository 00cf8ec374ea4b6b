export type StoreName = 'durable' | 'ephemeral';

/** Told of each operation: when it began, by `performance.now()`, and what it answers, which may reject. */
export type StoreWatch = (store: StoreName, operation: string, begun: number, answer: Promise<unknown>) => void;

/** These belong to the process, not to a request. */
const UNWATCHED: ReadonlySet<string> = new Set(['close']);

/**
 * The same store, each operation of which is watched, by its name in the contract: `accounts.byId`, `records.get`. It
 * goes through whatever the store has, so that no operation that is added to the contract can be forgotten here.
 */
export function observed<S extends object>(name: StoreName, store: S, watch: StoreWatch): S {
  return wrapped(store, '', (operation, begun, answer) => watch(name, operation, begun, answer)) as S;
}

type Told = (operation: string, begun: number, answer: Promise<unknown>) => void;
type Operation = (...given: unknown[]) => unknown;

function wrapped(part: object, path: string, told: Told): object {
  const entries = Object.entries(part).map(([name, value]: [string, unknown]) => {
    if (UNWATCHED.has(name)) return [name, value];
    if (typeof value === 'function') return [name, operationOf(part, value as Operation, path + name, told)];
    return [name, typeof value === 'object' && value !== null ? wrapped(value, `${path}${name}.`, told) : value];
  });
  return Object.fromEntries(entries);
}

function operationOf(part: object, operation: Operation, name: string, told: Told): Operation {
  return (...given) => {
    const begun = performance.now();
    const answer = operation.apply(part, given);
    // `state` and `records` answer a part of the store at once.
    if (!(answer instanceof Promise)) return wrapped(answer as object, `${name}.`, told);
    told(name, begun, answer);
    return answer;
  };
}
