import { request as http, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as https } from 'node:https';
import { CookieJar } from './cookies.ts';
import { form, text } from './forms.ts';

/** Values of the headers to send; `undefined` leaves a default one out. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface RequestInit {
  method?: string;
  headers?: Headers;
  /** Sent as `application/x-www-form-urlencoded`, unless it is text. */
  body?: Readonly<Record<string, string>> | URLSearchParams | string;
  /** Begun by another site: SameSite cookies behave so, and Origin and Sec-Fetch-Site say so. */
  from?: string;
}

/** An answer, redirects not followed. */
export interface Reply {
  url: URL;
  status: number;
  /** Names in lower case; several lines joined by `, `. */
  headers: Readonly<Record<string, string>>;
  setCookies: readonly string[];
  /** Absolute address of a redirect. */
  location?: URL;
  body: string;
  /** What a person reads on the page. */
  text: string;
  json(): unknown;
}

export interface ClientOptions {
  jar?: CookieJar;
  /** Address to come from: all of 127.0.0.0/8 is this machine. */
  localAddress?: string;
  headers?: Headers;
  /** Where requests to an origin really go: what stands in front of it ends TLS. */
  carried?: Readonly<Record<string, string>>;
}

export interface SubmitOptions {
  /** Part of the action of the form meant; without it, the first. */
  action?: string;
  /** Text or value of the button to press; without it, the only one's. */
  button?: string;
  headers?: Headers;
}

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** A person's browser without script, for tests at the border: cookies, forms and redirects, one step at a time. */
export class Client {
  readonly jar: CookieJar;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    this.jar = options.jar ?? new CookieJar();
    this.#options = options;
  }

  get(url: string | URL, init: RequestInit = {}): Promise<Reply> {
    return this.send(url, init);
  }

  /** `Origin` is the target's own, unless `from` or a header says otherwise. */
  post(url: string | URL, body: RequestInit['body'] = {}, init: RequestInit = {}): Promise<Reply> {
    return this.send(url, { ...init, method: 'POST', body });
  }

  /** Fills in a form of the page and sends it. */
  submit(page: Reply, fields: Readonly<Record<string, string>> = {}, options: SubmitOptions = {}): Promise<Reply> {
    const { action, method, fields: present, buttons } = form(page.body, options.action);
    const { button } = options;
    const pressed = button
      ? buttons.find(({ text, value }) => text === button || value === button)
      : buttons.length === 1
        ? buttons[0]
        : undefined;
    if (button && !pressed) throw new Error(`no button ${button}: ${buttons.map(({ text }) => text).join(', ')}`);
    const sent = { ...present, ...fields, ...(pressed?.name ? { [pressed.name]: pressed.value } : {}) };
    const target = new URL(pressed?.action ?? action, page.url);
    const headers = { referer: page.url.href, ...options.headers };
    if (method === 'POST') return this.send(target, { method, body: sent, headers, ...crossing(page.url, target) });
    target.search = new URLSearchParams(sent).toString();
    return this.send(target, { headers, ...crossing(page.url, target) });
  }

  /**
   * Follows redirects, and forms that carry a SAML message on and would submit themselves, until there is neither,
   * or until `stop` says that the next address isn't to be asked. Answers the last reply that was received.
   */
  async follow(reply: Reply, stop: (next: URL) => boolean = () => false): Promise<Reply> {
    let last = reply;
    for (let hops = 0; ; hops += 1) {
      const next = last.location ?? carrier(last);
      if (next === undefined || stop(next)) return last;
      if (hops === 20) throw new Error(`more than 20 redirects, the last to ${next.href}`);
      if (last.status === 307 || last.status === 308) throw new Error(`${last.status} keeps the method: not followed`);
      last = last.location ? await this.send(next, crossing(last.url, next)) : await this.submit(last);
    }
  }

  /** `get` and `follow` in one. */
  async open(url: string | URL, init?: RequestInit): Promise<Reply> {
    return this.follow(await this.get(url, init));
  }

  async send(url: string | URL, init: RequestInit = {}): Promise<Reply> {
    const target = new URL(url);
    const method = init.method ?? 'GET';
    const body = encode(init.body);
    const cookies = this.jar.for(target, { method, crossSite: init.from !== undefined });
    const headers = present({
      'user-agent': CHROME,
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'accept-language': 'en',
      'sec-fetch-site': init.from === undefined ? 'same-origin' : 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      origin: method === 'GET' ? undefined : (init.from ?? target.origin),
      'content-type': typeof init.body === 'object' ? 'application/x-www-form-urlencoded' : undefined,
      'content-length': body === undefined ? undefined : String(Buffer.byteLength(body)),
      cookie: cookies.length ? cookies.map(({ name, value }) => `${name}=${value}`).join('; ') : undefined,
      host: target.host,
      ...this.#options.headers,
      ...init.headers,
    });
    const { localAddress, carried = {} } = this.#options;
    const there = new URL(target.pathname + target.search, carried[target.origin] ?? target.origin);
    const options = { method, headers, ...(localAddress ? { localAddress } : {}) };
    const reply = await exchange(target, there, options, body);
    this.jar.store(target, reply.setCookies);
    return reply;
  }
}

/** Where a page's form takes a SAML message (saml-bindings section 3.5.4). */
function carrier({ status, url, body }: Reply): URL | undefined {
  if (status !== 200 || !/name=["']?SAML(?:Request|Response)\b/.test(body)) return undefined;
  return new URL(form(body).action, url);
}

function crossing(page: URL, target: URL): { from?: string } {
  return page.hostname === target.hostname ? {} : { from: page.origin };
}

function encode(body: RequestInit['body']): string | undefined {
  if (body === undefined || typeof body === 'string') return body;
  return new URLSearchParams(body).toString();
}

function present(headers: Headers): Record<string, string | string[]> {
  const given: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) given[name] = value;
  return given;
}

function exchange(url: URL, there: URL, options: RequestOptions, body: string | undefined): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const send = there.protocol === 'https:' ? https : http;
    const outgoing = send(there, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => resolve(reply(url, incoming, Buffer.concat(chunks).toString('utf8'))));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function reply(url: URL, incoming: IncomingMessage, body: string): Reply {
  const headers = Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, lines = []]) => [name, lines.join(', ')]),
  );
  const status = incoming.statusCode ?? 0;
  const location = status >= 300 && status < 400 ? headers.location : undefined;
  return {
    url,
    status,
    headers,
    setCookies: incoming.headers['set-cookie'] ?? [],
    ...(location ? { location: new URL(location, url) } : {}),
    body,
    text: text(body),
    json: () => JSON.parse(body),
  };
}
