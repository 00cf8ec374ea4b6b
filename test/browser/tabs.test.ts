import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { browserScene, closeBrowser, JOURNEY } from './scene.ts';
import type { Application } from './visitor.ts';

afterAll(closeBrowser);

describe('tabs that a browser opens together, with the demo over http', JOURNEY, () => {
  const scene = browserScene(() => ({ demo: true }));
  const TABS = ['library', 'reading-room'].flatMap((id) => Array<Application>(4).fill(id as Application));

  it('eight in a fresh browser, of both doors, all come to their end', async () => {
    const me = await scene.visit();
    const tabs: Page[] = [me.page];
    while (tabs.length < TABS.length) {
      await me.tab();
      tabs.push(me.page);
    }
    await Promise.all(tabs.map((tab, at) => tab.goto(`${me.home(TABS[at] as Application)}/login`)));
    for (const [at, tab] of tabs.entries()) {
      await tab.getByLabel('User name').fill(me.username);
      await tab.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
      await tab.waitForURL(me.home(TABS[at] as Application));
    }
    expect((await me.context.cookies()).filter(({ name }) => name.startsWith('sallyport.'))).toEqual([]);
  });
});
