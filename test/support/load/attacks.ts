import { randomInt } from 'node:crypto';
import type { Acts } from './acts.ts';
import type { Ledger } from './ledger.ts';
import { asksCode, asksPassword, type Person } from './person.ts';

/** What those try who have less than is asked, at the same moments as everybody else. */
export function createAttacks(ledger: Ledger, acts: Acts) {
  /** As far as the page that asks for the code. */
  async function withPassword(person: Person) {
    const browser = person.browser();
    const asked = acts.requestOf();
    const first = await browser.load(asked.url);
    const page = asksPassword(first) ? await acts.answer(browser, first, person) : first;
    return { browser, asked, page };
  }

  return {
    /** Has the password alone: tries to get on without a code, and by none of the ways is let in. */
    async passwordAlone(person: Person): Promise<void> {
      const { browser, asked, page } = await withPassword(person);
      if (!asksCode(page)) return;
      const tries = [
        () => browser.load(asked.url),
        () => browser.press(page, { remember: 'yes' }),
        () => browser.press(page, { code: String(randomInt(1_000_000)).padStart(6, '0') }),
        () => browser.load(page.url),
      ];
      for (const attempt of tries) {
        const reply = await attempt();
        if (!browser.isBack(reply)) continue;
        if (reply.location?.searchParams.has('code'))
          ledger.breach(`${person.username} was let in by a password alone`);
        return;
      }
    },

    /** One code of one app in two browsers at once: it counts in one of them. */
    async codeTwice(person: Person): Promise<void> {
      const both = [await withPassword(person), await withPassword(person)];
      if (!both.every(({ page }) => asksCode(page))) return;
      const code = person.app?.next();
      if (code === undefined) return;
      const after = await Promise.all(both.map(({ browser, page }) => browser.press(page, { code })));
      const on = after.filter((page, index) => both[index]?.browser.isBack(page) || !asksCode(page));
      const through = on.filter((page) => page.status < 400);
      if (through.length > 1) {
        ledger.breach(
          `a code of ${person.username} counted twice: ${through.map(({ text }) => text.slice(0, 80)).join(' | ')}`,
        );
      }
    },
  };
}
