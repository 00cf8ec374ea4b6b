import type { Visitor } from './visitor.ts';

/** More than any page has controls. */
const FARTHEST = 80;

/** Text of what has the focus: its label's, or its own. */
const FOCUSED = `(() => {
  const { labels, innerText = '', name, value } = document.activeElement;
  return [...(labels ?? [])].map((one) => one.innerText).join(' ') || innerText || name || value || '';
})()`;

/** Through the page by Tab alone, until this has the focus. */
export async function tabTo({ page }: Visitor, name: RegExp | string): Promise<void> {
  for (let step = 0; step < FARTHEST; step += 1) {
    await page.keyboard.press('Tab');
    const text = (await page.evaluate<string>(FOCUSED)).trim();
    if (typeof name === 'string' ? text === name : name.test(text)) return;
  }
  throw new Error(`the keyboard doesn't reach ${name} on ${page.url()}`);
}

/** Goes there and presses Enter; the next page has come when it returns. */
export async function enterAt(me: Visitor, name: RegExp | string): Promise<void> {
  await tabTo(me, name);
  await Promise.all([me.page.waitForEvent('domcontentloaded'), me.page.keyboard.press('Enter')]);
}

/** Fills in a field, as if it had been reached and typed into. */
export async function typeInto(me: Visitor, name: RegExp | string, text: string): Promise<void> {
  await tabTo(me, name);
  await me.page.keyboard.press('ControlOrMeta+A');
  await me.page.keyboard.type(text);
}
