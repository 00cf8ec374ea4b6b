import { afterAll, describe, expect, it } from 'vitest';
import { enterAt, tabTo } from '../browser/keyboard.ts';
import { add, settleWithApp } from '../browser/passkeys.ts';
import { browserScene, closeBrowser, JOURNEY, USUAL_STORES } from '../browser/scene.ts';
import { SecurityKey } from '../browser/security-key.ts';
import { DESK_CONFIG } from '../support/desk.ts';

afterAll(closeBrowser);

describe.each(USUAL_STORES)('reports of the help desk, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(() => ({ ...store(), config: DESK_CONFIG }));

  it('are read, and had as a file, by keyboard alone', async () => {
    const me = await scene.visit({ groups: 'desk' });
    await SecurityKey.plugIn(me.page, { builtIn: false });
    await settleWithApp(me);
    await add(me);
    const student = await scene.visit();
    await student.open('library');
    await student.password(student.username);
    await student.page.waitForURL(`${scene.gateway.relyingParty}/library`);
    await me.page.goto(`${scene.gateway.url}/helpdesk`);
    const asked = me.page.getByRole('button', { name: /passkey/ }).first();
    await me.page.getByRole('heading', { name: 'Help desk' }).or(asked).first().waitFor();
    if (await asked.isVisible()) await asked.click();
    await me.page.getByRole('heading', { name: 'Help desk' }).waitFor();
    await enterAt(me, 'Reports');
    expect(await me.heading()).toBe('Reports');
    expect(await me.faults()).toEqual([]);
    for (const title of [
      'Not set up yet',
      'Methods in use',
      'Reports of fraud',
      'Failed sign-ins',
      'Sign-ins',
      'Texts and mails',
    ]) {
      await me.page.goto(`${scene.gateway.url}/helpdesk/reports`);
      await enterAt(me, title);
      expect(await me.heading()).toBe(title);
      expect(await me.faults()).toEqual([]);
    }
    await enterAt(me, '7 days');
    expect(new URL(me.page.url()).search).toBe('?days=7');
    await tabTo(me, 'Download as CSV');
    const [file] = await Promise.all([me.page.waitForEvent('download'), me.page.keyboard.press('Enter')]);
    expect(file.suggestedFilename()).toMatch(/^sallyport-messages-\d{4}-\d\d-\d\d\.csv$/);
  });
});
