import { describe, expect, it, vi } from 'vitest';
import { Client } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { proofsOf } from '../support/holders.ts';
import { MAILBOX, mailedCode, mailedCodes } from '../support/mail.ts';
import { asksToRemember, post, type Someone, stage } from '../support/scene.ts';

const MANY = 100;
const GENEROUS = { account: 1000, mailbox: 1000, address: 1000, installation: 1000 };

const scene = stage(() => ({
  config: {
    ...MAILBOX,
    factors: { ...MAILBOX.factors, 'email-code': { perHour: GENEROUS } },
    lockout: { failures: 100, perAddress: { failures: 100_000 } },
  },
}));

let mailboxes = 0;
async function withMailbox(): Promise<{ someone: Someone; mailbox: string }> {
  const mailbox = `p${mailboxes++}@university.example`;
  return { someone: await scene.newcomer({ email: mailbox }), mailbox };
}

async function moveTo({ username }: Someone, mailbox: string): Promise<void> {
  await scene.gateway.command('user import', [], { update: true }, `username,email\n${username},${mailbox}\n`);
}

describe('a code by mail', () => {
  it('counts once of a hundred right ones', async () => {
    const { someone, mailbox } = await withMailbox();
    const page = await someone.enter('courses');
    const code = await mailedCode(scene.gateway, mailbox);
    await Promise.all(Array.from({ length: MANY }, () => post(someone, page, { code })));
    await vi.waitFor(async () => expect(await proofsOf(scene, someone, 'email-code')).toBe(1), { timeout: 20_000 });
    expect(asksToRemember(await someone.client.get(page.url))).toBe(true);
  });

  it('is sent once, however many times another is asked for', async () => {
    const { someone, mailbox } = await withMailbox();
    const page = await someone.enter('courses');
    scene.clock.advance(61 * SECONDS);
    await Promise.all(Array.from({ length: 30 }, () => post(someone, page, { resend: 'yes' })));
    expect(await mailedCodes(scene.gateway, mailbox)).toHaveLength(2);
  });

  it('of one person opens nobody else’s sign-in, nor another of their own', async () => {
    const [alice, bob] = [await withMailbox(), await withMailbox()];
    const own = await alice.someone.enter('courses');
    const other = await bob.someone.enter('courses');
    const stolen = await bob.someone.code(other, await mailedCode(scene.gateway, alice.mailbox));
    expect(stolen.text).toContain('That code isn’t right');

    const first = await mailedCode(scene.gateway, alice.mailbox);
    scene.clock.advance(61 * SECONDS);
    const elsewhere = scene.elsewhere(alice.someone, new Client());
    const second = await elsewhere.enter('courses');
    expect((await elsewhere.code(second, first)).text).toContain('That code isn’t right');
    expect(asksToRemember(await alice.someone.code(own, first))).toBe(true);
  });

  it('is worth nothing once the mailbox is another, and the new one gets nothing by this sign-in', async () => {
    const { someone, mailbox } = await withMailbox();
    const page = await someone.enter('courses');
    const code = await mailedCode(scene.gateway, mailbox);
    await moveTo(someone, 'thief@evil.example');
    const refused = await someone.code(page, code);
    expect(refused.text).toContain('Your e-mail address was changed');
    scene.clock.advance(61 * SECONDS);
    await someone.answer(refused, { resend: 'yes' });
    expect(await mailedCodes(scene.gateway, 'thief@evil.example')).toEqual([]);
    expect(await proofsOf(scene, someone, 'email-code')).toBe(0);
  });
});
