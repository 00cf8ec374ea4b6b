import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { lineDoor } from '../support/line-door.ts';
import { MAILBOX, notices } from '../support/mail.ts';
import { type Someone, stage } from '../support/scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-lockout-'));
afterAll(() => rmSync(folder, { recursive: true }));
const door = lineDoor();
const WRONG = 'The user name or the password isn’t right.';

const scene = stage(() => ({
  doors: [door.module],
  config: {
    ...MAILBOX,
    doors: { oidc: {}, line: { socket: join(folder, 'door') } },
    factors: { password: {}, totp: {}, fido2: {} },
    applications: { vpn: { name: 'VPN', line: {} } },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
    timeZone: 'Asia/Hong_Kong',
  },
}));

/** A wrong password, or another, at a browser that nobody knows. */
async function atBrowser(username: string, application: string, password = 'a guess'): Promise<Reply> {
  const thief = scene.elsewhere({ username } as Someone, new Client());
  return thief.password(await thief.begin(application), username, password);
}

/** At a door without a browser. */
async function atDoor(username: string, password = 'a guess') {
  const from = { ip: '203.0.113.9' };
  const { id, step } = await door.ports.journey.begin({ application: 'vpn', presents: ['secret'], from });
  return door.ports.journey.answer(id, from, { username, password }, step.nonce);
}

/** Eight wrong ones, some at each door. */
async function guess(username: string): Promise<void> {
  for (const application of ['library', 'courses', 'payroll', 'library', 'courses']) {
    expect((await atBrowser(username, application)).text).toContain(WRONG);
  }
  for (let time = 0; time < 3; time += 1) {
    expect(await atDoor(username)).toMatchObject({ kind: 'prompt', error: { key: 'wrong' } });
  }
}

/** What one is told, but for the name, and what differs from page to page. */
const told = ({ body }: Reply, username: string) =>
  /<div class="notice[\s\S]*?<\/div>/.exec(body.replaceAll(username, '<name>'))?.[0];

describe('eight wrong passwords, at several doors', () => {
  it('lock everywhere for half an hour, and the page says until when, and what still works', async () => {
    const owner = await scene.newcomer({ email: 'guessed@university.example' });
    await owner.enter('library');
    // On a whole minute, so that two looks say the same.
    scene.clock.advance(MINUTES - (scene.gateway.now() % MINUTES));
    await guess(owner.username);
    const until = new Date(Math.ceil((scene.gateway.now() + 30 * MINUTES) / MINUTES) * MINUTES).toISOString();
    const locked = await atBrowser(owner.username, 'payroll', PASSWORD);
    expect(locked.text).toContain('Too many wrong attempts. Wait 30 minutes');
    expect(locked.text).toContain('A passkey, if you have one, still works.');
    expect(locked.body).toContain(`<time datetime="${until}" data-local="date">`);
    expect(await atDoor(owner.username, PASSWORD)).toMatchObject({ kind: 'prompt', error: { key: 'locked' } });

    await guess('nobody-of-this-name');
    const nobody = await atBrowser('nobody-of-this-name', 'payroll', PASSWORD);
    expect(told(nobody, 'nobody-of-this-name')).toBe(told(locked, owner.username));
    expect(nobody.status).toBe(locked.status);
    expect(await atDoor('nobody-of-this-name', PASSWORD)).toMatchObject({ error: { key: 'locked' } });

    // The owner, at the browser that they use.
    owner.client.jar.restart();
    expect((await owner.enter('library')).url.pathname).toBe('/library');
  });

  it('are told to the owner once, with the end of the lock, however often others go on', async () => {
    const owner = await scene.newcomer({ email: 'told@university.example' });
    await owner.enter('library');
    await guess(owner.username);
    for (let time = 0; time < 5; time += 1) await atBrowser(owner.username, 'library');
    const [letter, ...others] = await notices(scene.gateway, 'told@university.example', 1);
    expect(others).toEqual([]);
    expect(letter?.subject).toContain('too many wrong sign-in attempts');
    expect(letter?.text).toMatch(/\nLocked until: .* Hong Kong Standard Time\n/);
    expect(letter?.text).toContain('In a browser that you use regularly you needn’t wait, nor with a passkey');
    expect(letter?.html).toContain('Locked until');
  });
});
