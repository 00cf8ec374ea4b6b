/** One cookie, as a browser keeps it (RFC 6265bis, section 5.6). */
export interface Cookie {
  name: string;
  value: string;
  /** Host, or with `hostOnly` false the domain of the attribute. */
  domain: string;
  hostOnly: boolean;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  sameSite: 'strict' | 'lax' | 'none' | 'unset';
  /** Epoch milliseconds; absent for a cookie that ends with the browser. */
  expires?: number;
}

/** How a request came about, as far as SameSite cares. */
export interface Visit {
  method: string;
  /** From another site: Strict stays at home, Lax goes along with a top-level GET only. */
  crossSite: boolean;
}

/** A browser's cookies: by host and path, never by port. */
export class CookieJar {
  #cookies: Cookie[] = [];
  readonly #now: () => number;

  constructor(now: () => number = Date.now, cookies: readonly Cookie[] = []) {
    this.#now = now;
    this.#cookies = cookies.map((cookie) => ({ ...cookie }));
  }

  /** Keeps what a browser would keep of these `Set-Cookie` lines. */
  store(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const cookie = parse(url, line, this.#now());
      if (cookie && allowed(url, cookie)) this.put(cookie);
    }
  }

  /** Keeps a cookie as it is, replacing its namesake: for tests that toss one. */
  put(cookie: Cookie): void {
    const same = (other: Cookie) =>
      other.name === cookie.name && other.domain === cookie.domain && other.path === cookie.path;
    this.#cookies = this.#cookies.filter((other) => !same(other));
    if (cookie.expires === undefined || cookie.expires > this.#now()) this.#cookies.push(cookie);
  }

  /** What goes to this address, the longest path first. */
  for(url: URL, visit: Visit = { method: 'GET', crossSite: false }): Cookie[] {
    return this.all()
      .filter((cookie) => matches(url, cookie) && goesAlong(cookie, visit))
      .sort((a, b) => b.path.length - a.path.length);
  }

  all(): Cookie[] {
    return this.#cookies.filter(({ expires }) => expires === undefined || expires > this.#now());
  }

  /** The value of the first cookie of that name; for tests with one host. */
  value(name: string): string | undefined {
    return this.all().find((cookie) => cookie.name === name)?.value;
  }

  delete(name: string): void {
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name);
  }

  /** The browser is closed and opened again: cookies without an expiry are gone. */
  restart(): void {
    this.#cookies = this.#cookies.filter(({ expires }) => expires !== undefined);
  }

  /** Another jar with the same cookies: a thief's copy. */
  copy(): CookieJar {
    return new CookieJar(this.#now, this.all());
  }
}

function parse(url: URL, line: string, now: number): Cookie | undefined {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  if (at < 1 || line.length > 4096) return undefined;
  const attribute = new Map(
    attributes.map((text) => {
      const equals = text.indexOf('=');
      const name = (equals < 0 ? text : text.slice(0, equals)).trim().toLowerCase();
      return [name, equals < 0 ? '' : text.slice(equals + 1).trim()] as const;
    }),
  );
  const domain = attribute.get('domain')?.replace(/^\./, '').toLowerCase();
  const path = attribute.get('path');
  const expires = expiry(attribute, now);
  return {
    name: pair.slice(0, at).trim(),
    value: pair.slice(at + 1).trim(),
    domain: domain || url.hostname,
    hostOnly: !domain,
    path: path?.startsWith('/') ? path : defaultPath(url.pathname),
    secure: attribute.has('secure'),
    httpOnly: attribute.has('httponly'),
    sameSite: sameSite(attribute.get('samesite')),
    ...(expires === undefined ? {} : { expires }),
  };
}

function expiry(attribute: ReadonlyMap<string, string>, now: number): number | undefined {
  const age = attribute.get('max-age');
  if (age !== undefined && /^-?\d+$/.test(age)) return now + Number(age) * 1000;
  const date = Date.parse(attribute.get('expires') ?? '');
  return Number.isNaN(date) ? undefined : date;
}

function sameSite(value: string | undefined): Cookie['sameSite'] {
  const name = value?.toLowerCase();
  return name === 'strict' || name === 'lax' || name === 'none' ? name : 'unset';
}

function defaultPath(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 1 ? '/' : path.slice(0, end);
}

/** Whether a browser takes this cookie from this address. */
function allowed(url: URL, cookie: Cookie): boolean {
  if (!cookie.hostOnly && !inDomain(url.hostname, cookie.domain)) return false;
  if (cookie.secure && !trustworthy(url)) return false;
  if (cookie.sameSite === 'none' && !cookie.secure) return false;
  if (cookie.name.startsWith('__Secure-')) return cookie.secure;
  if (cookie.name.startsWith('__Host-')) return cookie.secure && cookie.hostOnly && cookie.path === '/';
  return true;
}

function matches(url: URL, cookie: Cookie): boolean {
  const host = cookie.hostOnly ? url.hostname === cookie.domain : inDomain(url.hostname, cookie.domain);
  const path =
    url.pathname === cookie.path ||
    url.pathname.startsWith(cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`);
  return host && path && (!cookie.secure || trustworthy(url));
}

function goesAlong({ sameSite }: Cookie, { method, crossSite }: Visit): boolean {
  if (!crossSite || sameSite === 'none') return true;
  return sameSite !== 'strict' && method === 'GET';
}

function inDomain(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && !/^[\d.]+$/.test(host));
}

/** As Chromium has it: https, and http on loopback. */
function trustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
