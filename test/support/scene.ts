import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { Client, type Reply } from './client.ts';
import { type Clock, movableClock, SECONDS } from './clock.ts';
import { forms } from './forms.ts';
import { type Gateway, type GatewayOptions, PersonAtBrowser, type Place, startGateway } from './gateway.ts';

/** One gateway for a file of tests, on a clock that can be moved, and people at browsers. */
export interface Scene {
  readonly gateway: Gateway;
  readonly clock: Clock;
  /** Somebody new, with a password and nothing else. */
  newcomer(options?: { groups?: string; username?: string; email?: string }): Promise<Someone>;
  /** Somebody who has enrolled an authenticator, and is signed in to Courses. */
  member(options?: { groups?: string; email?: string; remember?: 'yes' | 'no' }): Promise<Someone>;
  /** The person at another browser, with the same authenticator. */
  elsewhere(someone: Someone, client?: Client): Someone;
  /** A further code: of the next half minute, for each counts once. */
  nextCode(someone: Someone): string;
  /** The audit's rows as they lie in the SQLite file, in order; notes arrive there a moment after they were made. */
  audit(): AuditRow[];
  /** The data folder. */
  readonly data: string;
  /** Stops the gateway and starts it again on the same data and ports. */
  restart(): Promise<void>;
}

export interface AuditRow {
  event: string;
  account: string | null;
  application: string | null;
  /** JSON. */
  detail: string;
}

export class Someone extends PersonAtBrowser {
  readonly username: string;

  constructor(gateway: Place, username: string, client?: Client) {
    super(gateway, client);
    this.username = username;
  }

  /** A code, or a pass: whether what they have is lost, they are asked after a pass, and say that it isn't. */
  override async code(page: Reply, code?: string): Promise<Reply> {
    const next = await super.code(page, code);
    return asksWhetherLost(next) ? this.answer(next, { lost: 'no' }) : next;
  }

  /** Subject that an application knows this browser's person by; undefined where nobody is signed in. */
  async subject(application: string): Promise<string | undefined> {
    const { claims } = ((await this.claims(application)) ?? {}) as { claims?: { sub: string } };
    return claims?.sub;
  }

  /** Adds an enrolment page's key to the code app, without confirming it. */
  scan(page: Reply): this {
    const uri = /href="(otpauth:[^"]+)"/.exec(page.body)?.[1];
    if (uri === undefined) throw new Error(`no enrolment here: ${page.text}`);
    this.authenticator = createAuthenticator(uri.replaceAll('&amp;', '&'));
    return this;
  }

  /** Begins at an application and gives the password where it is asked for. */
  async enter(application: string, query = ''): Promise<Reply> {
    const page = await this.begin(application, query);
    return asksPassword(page) ? this.password(page, this.username) : page;
  }
}

/** The form that goes on, not those that leave: where it is sent, and its hidden fields. */
export function ownForm(page: Reply): { url: URL; fields: Record<string, string> } {
  const own = forms(page.body).find(({ action, method }) => method === 'POST' && !/\/(switch|cancel)$/.test(action));
  if (own === undefined) throw new Error(`nothing to answer here: ${page.status} ${page.text}`);
  return { url: new URL(own.action, page.url), fields: own.fields };
}

/** Sends the form that goes on; not followed. */
export function post(someone: Someone, page: Reply, fields: Record<string, string> = {}): Promise<Reply> {
  const form = ownForm(page);
  return someone.client.post(form.url, { ...form.fields, ...fields });
}

export const asksPassword = (page: Reply): boolean => page.body.includes('name="password"');
export const asksCode = (page: Reply): boolean => page.body.includes('name="code"') && !asksToEnrol(page);
export const asksToEnrol = (page: Reply): boolean => page.body.includes('href="otpauth:');
export const asksWhetherLost = (page: Reply): boolean => page.body.includes('name="lost"');
export const asksToRemember = (page: Reply): boolean => page.body.includes('name="remember"');

/** What flows are run on. */
export const STORES = [
  ['embedded', () => ({})],
  ['redis', () => ({ redis: inject('redisUrl') })],
] as const;

/** Each time on the last one alone, on all of them with `npm run test:long`: for what the store itself doesn't change. */
export function usually<T>(stores: readonly T[]): readonly T[] {
  return process.env.TESTS === 'long' ? stores : stores.slice(-1);
}

/** Registers the hooks that start and stop the gateway of this file or `describe`. */
export function stage(options: () => Omit<GatewayOptions, 'folder'> = () => ({})): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  let started: Gateway | undefined;
  let moved: Clock | undefined;
  let people = 0;

  beforeAll(async () => {
    moved = movableClock();
    started = await startGateway({ folder, ...options() });
  });
  afterEach(({ task }) => {
    if (task.result?.state !== 'fail') return;
    const told = started?.logs.filter(({ level }) => level !== 'info') ?? [];
    process.stderr.write(`${inspect(told, { depth: 4 })}\n`);
  });
  afterAll(async () => {
    await started?.close();
    moved?.restore();
    rmSync(folder, { recursive: true });
  });

  const scene: Scene = {
    get gateway() {
      if (started === undefined) throw new Error('no gateway runs outside of tests');
      return started;
    },
    get clock() {
      if (moved === undefined) throw new Error('no clock outside of tests');
      return moved;
    },
    async newcomer({ groups = 'students', username, email } = {}) {
      people += 1;
      const name = username ?? `person${people}`;
      await scene.gateway.addUser(name, { groups, name: `Person ${people}`, ...(email ? { email } : {}) });
      return new Someone(scene.gateway, name);
    },
    async member({ remember = 'no', ...rest } = {}) {
      const someone = await scene.newcomer(rest);
      const question = await someone.enrol(await someone.enter('courses'));
      await someone.remember(question, remember);
      return someone;
    },
    elsewhere(someone, client = new Client()) {
      const other = new Someone(scene.gateway, someone.username, client);
      other.authenticator = someone.authenticator;
      return other;
    },
    nextCode(someone) {
      scene.clock.advance(30 * SECONDS);
      return someone.codeAt();
    },
    data: join(folder, 'data'),
    audit() {
      const file = new DatabaseSync(join(folder, 'data', 'sallyport.db'), { readOnly: true });
      try {
        return file.prepare('SELECT event, account, application, detail FROM audit ORDER BY sequence').all() as never;
      } finally {
        file.close();
      }
    },
    async restart() {
      const { ports } = scene.gateway;
      await scene.gateway.close();
      started = await startGateway({ folder, ...options(), ports });
    },
  };
  return scene;
}
