import { describe, expect, it, onTestFinished } from 'vitest';
import { REFEDS_SFA } from '../../src/core/assurance.ts';
import { campus } from '../support/campus.ts';
import { Client, type Reply } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { visitAccount } from '../support/issued.ts';
import { asksNewPassword, NEW_PASSWORD, reportThief, toNewPassword } from '../support/not-me.ts';
import { stage } from '../support/scene.ts';

const profiles = {
  classic: { groups: ['registry'], maximum: 40 },
  long: { groups: ['physics'], minimum: 20 },
};

describe('somebody of whose groups nothing is known', () => {
  it('has the strictest of all profiles, and is claimed no class that one of them falls short of', async () => {
    const elsewhere = campus();
    elsewhere.add({ key: 'ada', groups: undefined });
    elsewhere.says = 'must-change';
    const config = { directories: { campus: {} }, passwordPolicy: { profiles } };
    const at = await startGateway({ folder: temporaryFolder(), directories: [elsewhere.module], config });
    onTestFinished(() => at.close());
    const person = new PersonAtBrowser(at, new Client());
    // Rules that name groups don't let them off a second step.
    let page = await person.password(await person.begin('library'), 'ada', PASSWORD);
    if (page.body.includes('otpauth:')) page = await person.enrol(page);
    expect(page.text).toContain('has 20 to 40 characters has a digit');
    for (const [next, text] of [
      ['nineteen characters', 'Use at least 20 characters.'],
      ['twenty characters without one', 'It has no digit.'],
    ] as const) {
      page = await person.answer(page, { current: PASSWORD, next });
      expect(page.text).toContain(text);
    }
    expect(elsewhere.changes).toEqual([]);
    const done = await person.answer(page, { current: PASSWORD, next: 'twenty characters with 1' });
    expect(done.url.pathname).toBe('/library');
    expect(JSON.stringify(await person.claims('library'))).not.toContain(REFEDS_SFA);
  });
});

describe('another way to the same change', () => {
  const scene = stage(() => ({ config: { passwordPolicy: { profiles } } }));
  const noDigit = 'no digit in any of these';

  it('after a report is held against profile and lists', async () => {
    const owner = await scene.member({ groups: 'registry' });
    await reportThief(scene, owner);
    let page: Reply = await toNewPassword(scene, owner, await owner.begin('courses'));
    for (const [next, text] of [
      [noDigit, 'It has no digit.'],
      ['zhangwei19900101', 'names in pinyin'],
      [`${owner.username} 2026`, 'your user name'],
    ] as const) {
      page = await owner.answer(page, { next });
      expect([next, page.text]).toEqual([next, expect.stringContaining(text)]);
      expect(asksNewPassword(page)).toBe(true);
    }
    expect(asksNewPassword(await owner.answer(page, { next: `${NEW_PASSWORD} 1` }))).toBe(false);
  });

  it('on the account’s own page is held against them too, and against what was there before', async () => {
    const owner = await scene.member({ groups: 'registry' });
    let current: string = PASSWORD;
    const attempt = async (next: string) => {
      const page = await visitAccount(scene, owner, '/account/password');
      return owner.client.follow(await owner.client.submit(page, { current, next }, { action: '/account/password' }));
    };
    expect((await attempt(noDigit)).text).toContain('It has no digit.');
    for (const next of ['amber lanes 1', 'slow harbour 2', 'quiet orchard 3']) {
      expect((await attempt(next)).text).toContain('changed');
      current = next;
    }
    for (const former of ['amber lanes 1', 'slow harbour 2']) {
      expect((await attempt(former)).text).toContain('You’ve had this password before');
    }
  });
});
