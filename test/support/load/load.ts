import { setTimeout as pause } from 'node:timers/promises';
import { CookieJar } from '../cookies.ts';
import { createActs } from './acts.ts';
import { createAttacks } from './attacks.ts';
import { GivenUp, type Site } from './browser.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { Person } from './person.ts';

export interface LoadOptions {
  /** People who do things at the same moment. */
  atOnce?: number;
  /** Who they are: each lives once. */
  people: readonly { username: string; password: string }[];
  /** Nodes that a code is exchanged at, at once. */
  nodes?: number;
}

export interface Load {
  ledger: Ledger;
  /** Those whose life is over, with their app. */
  done: Person[];
  /** Whole sign-ins that were begun since then. */
  since(moment: number): number;
  /** Nobody begins anything more; answers once nobody is under way. */
  stop(): Promise<void>;
}

/** Who do things at the same moment: of two processors, which the usual run has, nodes need their part. */
const AT_ONCE = process.env.TESTS === 'long' ? 5 : 3;
/** Between two lives, milliseconds. */
const BREATH = 20;

/**
 * People who sign in, refresh, enrol, remove and sign out everywhere, all the time, next to some who have less than is
 * asked. What goes wrong on the way is left where it is, as people do; what must never be is a breach in the ledger.
 */
export function startLoad(site: Site, { people, atOnce = AT_ONCE, nodes = 2 }: LoadOptions): Load {
  const ledger = createLedger();
  const acts = createActs(site, ledger);
  const attacks = createAttacks(ledger, acts);
  const waiting = people.map((who) => new Person(site, ledger, who));
  const done: Person[] = [];
  let stopped = false;
  let lives = 0;

  async function live(person: Person, turn: number): Promise<void> {
    const first = await acts.signIn(person, turn % 3 === 0 ? { exchanges: nodes } : {});
    done.push(person);
    if (first.refreshToken) await acts.refresh(person, first.browser, first.refreshToken);
    const second = await acts.add(person, first.browser);
    if (second && turn % 2 === 0) await acts.remove(person, first.browser, second);
    if (first.refreshToken) await acts.refresh(person, first.browser, first.refreshToken);
    const device = new CookieJar(Date.now, first.browser.jar.all());
    device.restart();
    await acts.signIn(person, { jar: device });
    if (turn % 2 === 1) await acts.signOutEverywhere(person, first);
    await attacks.passwordAlone(person);
    await attacks.codeTwice(person);
  }

  async function worker(): Promise<void> {
    for (let person = waiting.shift(); person && !stopped; person = waiting.shift()) {
      lives += 1;
      await live(person, lives).catch((error) => {
        if (!(error instanceof GivenUp)) ledger.breach(`${person?.username}: ${error.stack}`);
        else ledger.givenUp.push(`${person?.username}: ${error.message}`);
      });
      await pause(BREATH);
    }
    if (!stopped) ledger.breach('there were too few people');
  }

  const workers = Array.from({ length: atOnce }, worker);
  return {
    ...{ ledger, done },
    since: (moment) => ledger.signIns.filter(({ began }) => began >= moment).length,
    async stop() {
      stopped = true;
      await Promise.all(workers);
    },
  };
}
