import { Client, type ClientOptions, type Reply, type RequestInit } from '../client.ts';
import { SECONDS } from '../clock.ts';
import type { CookieJar } from '../cookies.ts';
import { asksToEnrol, Someone } from '../scene.ts';
import type { Cluster } from './open.ts';
import { TO_NODE } from './proxy.ts';

/** A browser each of whose requests goes to another node than the one before. */
export class Alternating extends Client {
  readonly #names: readonly string[];
  #turn: number;

  /** `turn`: which node comes first. */
  constructor({ nodes }: Pick<Cluster, 'nodes'>, options: ClientOptions = {}, turn = 0) {
    super(options);
    this.#names = nodes.map(({ name }) => name);
    this.#turn = turn;
  }

  override send(url: string | URL, init: RequestInit = {}): Promise<Reply> {
    const name = this.#names[this.#turn % this.#names.length];
    this.#turn += 1;
    return super.send(url, { ...init, headers: { ...init.headers, [TO_NODE]: name } });
  }
}

/** A browser all of whose requests go to one node: with another one's cookies, if any. */
export const clientAt = (name: string, jar?: CookieJar): Client =>
  new Client({ ...(jar && { jar }), headers: { [TO_NODE]: name } });

/** People at several nodes, as at one; the clock of all of them moves at `nextCode`. */
export function crowd(of: () => Cluster) {
  let people = 0;
  const newcomer = async ({ groups = 'students', email }: { groups?: string; email?: string } = {}) => {
    people += 1;
    const name = `person${people}`;
    await of().addUser(name, { groups, name: `Person ${people}`, ...(email ? { email } : {}) });
    return new Someone(of(), name, new Alternating(of(), {}, people));
  };
  return {
    newcomer,
    /** Somebody who has enrolled an authenticator, and is signed in to Courses. */
    async member({ remember = 'no' as 'yes' | 'no', groups = 'students' } = {}): Promise<Someone> {
      const someone = await newcomer({ groups });
      const page = await someone.enter('courses');
      // Where something else could be set up as well, it is chosen first.
      const setUp = asksToEnrol(page) ? page : await someone.answer(page, { factor: 'totp' });
      await someone.remember(await someone.enrol(setUp), remember);
      return someone;
    },
    /** The person at another browser, with the same authenticator. */
    elsewhere(someone: Someone, client: Client = new Alternating(of())): Someone {
      const other = new Someone(of(), someone.username, client);
      other.authenticator = someone.authenticator;
      return other;
    },
    /** A further code: of the next half minute, for each counts once. */
    nextCode(someone: Someone): string {
      of().advance(30 * SECONDS);
      return someone.codeAt();
    },
  };
}

export type Crowd = ReturnType<typeof crowd>;
