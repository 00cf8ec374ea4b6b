import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../src/core/csv.ts';
import type { Reply } from '../support/client.ts';
import { DAYS } from '../support/clock.ts';
import { agentAt } from '../support/desk.ts';
import { accountOf, keyHolder } from '../support/holders.ts';
import { stage } from '../support/scene.ts';

const LOOSE = { maximum: 64, composition: [], history: 0 };
const asksNew = ({ body }: Reply) => body.includes('name="next"');

const scene = stage(() => ({
  config: {
    factors: { password: {}, totp: {}, fido2: {} },
    passwordPolicy: {
      spread: '0s',
      profiles: {
        classic: { groups: ['clinic', 'away'], ...LOOSE },
        keys: { like: 'classic', groups: ['open'], ...LOOSE, expiry: { disable: false } },
      },
    },
    helpDesk: {
      agents: [{ name: 'day', groups: ['desk'], over: { groups: ['clinic', 'open'] }, may: ['reports'] }],
      checklist: ['I called back.'],
    },
  },
}));

describe('a passkey, once the password has expired', () => {
  it('opens the account all the same, where it isn’t disabled', async () => {
    const { someone, key } = await keyHolder(scene, { groups: 'open' });
    scene.clock.advance(200 * DAYS);
    const again = scene.elsewhere(someone);
    expect((await key.use(again, await again.begin('library'))).url.pathname).toBe('/library');
    // By the password it is asked for a new one, after the second step.
    const typed = scene.elsewhere(someone);
    const second = await typed.enter('library');
    expect(asksNew(second)).toBe(false);
    expect(asksNew(await key.use(typed, second))).toBe(true);
  });

  it('opens nothing but the page for a new password where the account is disabled', async () => {
    const { someone, key } = await keyHolder(scene, { groups: 'clinic' });
    scene.clock.advance(200 * DAYS);
    const again = scene.elsewhere(someone);
    const page = await key.use(again, await again.begin('library'));
    expect(page.text).toContain('Your password has expired.');
    expect(asksNew(page)).toBe(true);
    expect(await again.claims('library')).toBeUndefined();
    const fields = { current: 'correct horse battery staple', next: 'other words 4711' };
    expect((await again.answer(page, fields)).url.pathname).toBe('/library');
  });
});

describe('the help desk’s report of passwords past their end', () => {
  it('names those in scope alone, on the page and in the file', async () => {
    const people = await Promise.all(['clinic', 'open', 'away', 'guests'].map((groups) => scene.newcomer({ groups })));
    for (const one of people) await one.enter('library');
    scene.clock.advance(181 * DAYS);
    const fresh = await scene.newcomer({ groups: 'clinic' });
    await fresh.enter('library');
    const agent = await agentAt(scene);
    const page = await agent.open('/helpdesk/reports/passwords');
    const file = await agent.open('/helpdesk/reports/passwords/csv');
    const { rows } = parseCsv(file.body);
    const listed = new Map(rows.map(({ fields: [username = '', ...rest] }) => [username, rest]));
    const [clinic, open, away, guest] = people;
    for (const one of [clinic, open]) {
      const id = await accountOf(scene, one ?? { username: '' });
      expect(page.body).toContain(`href="/helpdesk/people/${id}"`);
      expect(listed.get(one?.username ?? '')?.slice(-2)).toEqual([
        expect.stringMatching(/^\d{4}-/),
        expect.stringMatching(/^\d{4}-/),
      ]);
    }
    for (const one of [away, guest, fresh]) expect(listed.has(one?.username ?? '')).toBe(false);
  });
});
