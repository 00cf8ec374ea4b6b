/**
 * The clock that oidc-provider goes by. It reads the machine's in one function, which `runtime.ts` puts this in the
 * place of before the library loads: codes, sessions and tokens that one node has made end at another in the same
 * moment, however far their machines' clocks are apart. There is one in a process, and whoever is read first may be
 * another copy of this file: so it lies where both find it.
 */
const KEY = Symbol.for('sallyport.oidc-provider.clock');

const shared = globalThis as typeof globalThis & { [KEY]?: () => number };

/** `now`: epoch milliseconds. */
export function followClock(now: () => number): void {
  shared[KEY] = now;
}

/** Module of oidc-provider's that says what time it is, epoch seconds. */
export const REPLACED = /\/oidc-provider\/lib\/helpers\/epoch_time\.js$/;

/** What stands in its place. */
export const REPLACEMENT = `
const clock = Symbol.for(${JSON.stringify(KEY.description)});
const now = () => globalThis[clock]?.() ?? Date.now();
export default (date = now()) => Math.floor(date / 1000);
`;
