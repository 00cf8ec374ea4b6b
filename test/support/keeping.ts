/** Commands whose passwords stay in tests, unless they say `keep: false`: what a first sign-in asks for is shown apart. */
const SETS_PASSWORDS: ReadonlySet<string> = new Set(['user add', 'user passwd', 'user import']);

export function keeping<T extends object>(command: string, options: T): T | (T & { keep: boolean }) {
  return SETS_PASSWORDS.has(command) ? { keep: true, ...options } : options;
}
