/** One remembered-device cookie: both parts are random. */
export interface DeviceCookie {
  series: string;
  secret: string;
}

/** What the web layer knows of the browser behind a request, and the cookies that it sets for the journey. */
export interface Browser {
  /** The client's address, after trusted proxies. */
  ip: string;
  userAgent: string;
  /** Names of the configured networks that the address belongs to. */
  networks: readonly string[];
  /** On a network marked as shared: nothing is remembered here. */
  shared: boolean;
  /** The remembered-device cookies as presented, one for each series: `setDevice` replaces a cookie, not these. */
  devices: readonly DeviceCookie[];
  /** Value of the known-browser cookie: grants nothing, but has its own budget of attempts. */
  known: string | undefined;
  /** Id of the factor by which a sign-in was opened here the last time: what is offered first, and no more. */
  opened?: string;
  setOpened?(factor: string): void;
  /** Sets the cookie of one series, or clears it. Those of others stay: answers arrive in any order. */
  setDevice(series: string, secret: string | undefined, maxAge: number): void;
  setKnown(value: string, maxAge: number): void;
  /** There is none that keeps cookies: nothing is made to be recognised by. */
  cookieless?: true;
  /** Who speaks for many people: the address isn't to be counted for. */
  speaker?: string;
  /** Reference id of this request, as error pages and logs show it. */
  reference: string;
  locale: string;
}

/** Letters that nobody confuses on the telephone. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';

/** A new reference id. */
export function referenceOf(random: (bytes: number) => Uint8Array): string {
  let text = '';
  for (const byte of random(10)) text += ALPHABET[byte % ALPHABET.length];
  return text;
}
