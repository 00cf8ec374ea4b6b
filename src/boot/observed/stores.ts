export type StoreName = 'durable' | 'ephemeral';

/** Told of a call: when it began, by `performance.now()`, and what it answers, which may reject. */
export type Told = (begun: number, answer: Promise<unknown>) => void;
/** Asked once for each operation who is told of its calls. */
export type StoreWatch = (store: StoreName, operation: string) => Told;

/** These belong to the process, not to a request. */
const UNWATCHED: ReadonlySet<string> = new Set(['close']);

/**
 * The same store, each operation of which is watched, by its name in the contract: `accounts.byId`, `records.get`. It
 * goes through whatever the store has, so that no operation that is added to the contract can be forgotten here.
 */
export function observed<S extends object>(name: StoreName, store: S, watch: StoreWatch): S {
  return wrapped(store, '', (operation) => watch(name, operation)) as S;
}

type Watch = (operation: string) => Told;
type Operation = (...given: unknown[]) => unknown;

function wrapped(part: object, path: string, watch: Watch): object {
  const entries = Object.entries(part).map(([name, value]: [string, unknown]) => {
    if (UNWATCHED.has(name)) return [name, value];
    if (typeof value === 'function') return [name, operationOf(part, value as Operation, path + name, watch)];
    return [name, typeof value === 'object' && value !== null ? wrapped(value, `${path}${name}.`, watch) : value];
  });
  return Object.fromEntries(entries);
}

function operationOf(part: object, operation: Operation, name: string, watch: Watch): Operation {
  const told = watch(name);
  return (...given) => {
    const begun = performance.now();
    const answer = operation.apply(part, given);
    // `state` and `records` answer a part of the store at once.
    if (!(answer instanceof Promise)) return wrapped(answer as object, `${name}.`, watch);
    told(begun, answer);
    return answer;
  };
}
