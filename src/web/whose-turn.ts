/** Who can put right what a page of errors is about. */
export type Turn = 'person' | 'application' | 'operator' | 'time';

/** What the page's button does: loads the page anew, or leads to what is named. */
type Button = 'again' | 'account' | 'applications' | 'home';

interface Refusal {
  turn: Turn;
  button: Button;
  /** Loads itself anew, after a pause that grows: it passes, and nothing was lost meanwhile. */
  retries?: true;
}

/** Every page of errors, by the key of its texts. Whoever adds one says here whose turn it is. */
export const REFUSALS = Object.freeze({
  busy: { turn: 'time', button: 'again', retries: true },
  csrf: { turn: 'person', button: 'again' },
  directory: { turn: 'time', button: 'again', retries: true },
  ended: { turn: 'application', button: 'applications' },
  expired: { turn: 'person', button: 'applications' },
  input: { turn: 'person', button: 'again' },
  lent: { turn: 'person', button: 'account' },
  method: { turn: 'person', button: 'applications' },
  'not-served': { turn: 'operator', button: 'applications' },
  'not-found': { turn: 'person', button: 'applications' },
  'other-browser': { turn: 'person', button: 'applications' },
  over: { turn: 'person', button: 'applications' },
  request: { turn: 'application', button: 'applications' },
  misdirected: { turn: 'operator', button: 'home' },
  server: { turn: 'operator', button: 'again' },
  'too-many': { turn: 'time', button: 'again' },
  unavailable: { turn: 'time', button: 'again', retries: true },
} satisfies Record<string, Refusal>);

export type RefusalKey = keyof typeof REFUSALS;

/** Forms lie below the page that shows them. */
const FORMS = [/^(\/sign-in\/[^/]+)\//, /^(\/account)\//, /^(\/enrol)\//, /^(\/helpdesk)\//, /^(\/[a-z]+\/logout)\//];

/** Where a form that was posted to `path` stands; undefined where another site sent it. */
export function pageOfForm(path: string): string | undefined {
  for (const form of FORMS) {
    const [, page] = form.exec(path) ?? [];
    if (page !== undefined) return page;
  }
  return /^\/(sign-in\/[^/]+|account|enrol|helpdesk)$/.test(path) ? path : undefined;
}

/** What the page says and offers. `again`: where it can be loaded anew. */
export function turnOf(key: RefusalKey, again: string | undefined, issuer: string) {
  // Doors name pages by text.
  const { turn, button, retries }: Refusal = Object.hasOwn(REFUSALS, key) ? REFUSALS[key] : REFUSALS.request;
  const hrefs: Record<Button, string> = {
    // A form of another site can only be sent from there.
    again: again ?? '/applications',
    account: '/account',
    applications: '/applications',
    home: `${issuer}/`,
  };
  const shown = button === 'again' && again === undefined ? 'applications' : button;
  return { turn, button: { href: hrefs[shown], label: { key: `error.button.${shown}` } }, retries: retries === true };
}
