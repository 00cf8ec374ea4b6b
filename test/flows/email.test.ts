import { afterAll, describe, expect, it, vi } from 'vitest';
import { readCode } from '../../src/factors/email-code/double.ts';
import { startMailServer } from '../../src/senders/smtp/double.ts';
import { selfSigned } from '../support/certificate.ts';
import { Client } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { temporaryFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { visitAccount } from '../support/issued.ts';
import { MAILBOX, mailedCode, mailedCodes, notices } from '../support/mail.ts';
import { outbox } from '../support/outbox.ts';
import { asksCode, asksToEnrol, asksToRemember, Someone, stage } from '../support/scene.ts';

/** Named on the campus alone, which is where everybody is here. */
const ON_CAMPUS = {
  name: 'by mail, on campus',
  applications: ['library'],
  groups: ['by-mail'],
  networks: ['campus'],
  level: 'mfa',
  factors: ['email-code'],
};
const scene = stage(() => ({
  config: {
    ...MAILBOX,
    networks: { campus: ['127.0.0.1/32', '::1/128'] },
    policy: { ...MAILBOX.policy, rules: [...MAILBOX.policy.rules, ON_CAMPUS] },
  },
}));

let mailboxes = 0;
const newMailbox = () => `p${mailboxes++}@university.example`;

async function withMailbox(): Promise<{ someone: Someone; mailbox: string }> {
  const mailbox = newMailbox();
  return { someone: await scene.newcomer({ email: mailbox }), mailbox };
}

describe('a code by mail', () => {
  it('signs in where a rule names it, with nothing set up', async () => {
    const { someone, mailbox } = await withMailbox();
    const page = await someone.enter('courses');
    expect(asksCode(page)).toBe(true);
    expect(page.text).toContain(`${mailbox[0]}•••@university.example`);
    expect(page.text).not.toContain(mailbox);
    const question = await someone.code(page, await mailedCode(scene.gateway, mailbox));
    expect(asksToRemember(question)).toBe(true);
    await someone.remember(question, 'no');
    const { claims } = (await someone.claims('courses')) as { claims: { amr: string[]; acr: string } };
    expect(claims).toMatchObject({ amr: ['mfa', 'otp', 'pwd'], acr: 'https://refeds.org/profile/mfa' });
    expect(await outbox(scene.gateway, mailbox)).toHaveLength(1);
  });

  it('neither is offered nor counts, nor is remembered, where no rule names it', async () => {
    const { someone, mailbox } = await withMailbox();
    const question = await someone.code(await someone.enter('courses'), await mailedCode(scene.gateway, mailbox));
    await someone.remember(question, 'yes');
    expect(await someone.claims('courses')).toBeDefined();
    // As if there were no second step yet: one is set up, after the password.
    expect(asksToEnrol(await someone.enter('payroll'))).toBe(true);
    expect(await mailedCodes(scene.gateway, mailbox)).toHaveLength(1);
    expect(await someone.claims('payroll')).toBeUndefined();
  });

  it('is what a refresh token can rest on, also where a rule about a network named it', async () => {
    const mailbox = newMailbox();
    const someone = await scene.newcomer({ email: mailbox, groups: 'by-mail' });
    const page = await someone.enter('library');
    expect(asksCode(page)).toBe(true);
    await someone.code(page, await mailedCode(scene.gateway, mailbox));
    scene.clock.advance(2 * SECONDS);
    const refresh = `${scene.gateway.relyingParty}/library/refresh`;
    const refreshed = await someone.client.follow(await someone.client.post(refresh));
    expect([refreshed.status, refreshed.text]).toEqual([200, expect.stringContaining('refresh token')]);
    expect(await someone.claims('library')).toMatchObject({ claims: { acr: 'https://refeds.org/profile/mfa' } });
  });

  it('is not offered to people without an address', async () => {
    const someone = await scene.newcomer();
    expect(asksToEnrol(await someone.enter('courses'))).toBe(true);
  });

  it('stands beside what was set up, which comes first', async () => {
    const { someone, mailbox } = await withMailbox();
    await someone.enrol(await someone.enter('payroll'));
    const other = scene.elsewhere(someone, new Client());
    const page = await other.enter('courses');
    expect(page.text).toContain('app');
    expect(await mailedCodes(scene.gateway, mailbox)).toEqual([]);
    const choice = await other.client.open(`${page.url.origin}${/href="([^"]+\/methods)"/.exec(page.body)?.[1]}`);
    expect(choice.text).toContain('Code by e-mail');
    const asked = await other.answer(choice, { method: 'email-code' });
    expect(asksToRemember(await other.code(asked, await mailedCode(scene.gateway, mailbox)))).toBe(true);
  });

  it('can be sent anew after a while, and then the first is no good', async () => {
    const { someone, mailbox } = await withMailbox();
    const page = await someone.enter('courses');
    const first = await mailedCode(scene.gateway, mailbox);
    const early = await someone.answer(page, { resend: 'yes' });
    expect(early.text).toMatch(/You can have a new code sent in \d+ seconds/);
    scene.clock.advance(61 * SECONDS);
    const renewed = await someone.answer(early, { resend: 'yes' });
    const second = await mailedCode(scene.gateway, mailbox);
    expect(second).not.toBe(first);
    const wrong = await someone.code(renewed, first);
    expect(wrong.text).toContain('That code isn’t right');
    expect(asksToRemember(await someone.code(wrong, second))).toBe(true);
  });

  it('is good for ten minutes', async () => {
    const { someone, mailbox } = await withMailbox();
    const page = await someone.enter('courses');
    scene.clock.advance(10 * MINUTES + 1 * SECONDS);
    const late = await someone.code(page, await mailedCode(scene.gateway, mailbox));
    expect(late.text).toContain('too old');
  });
});

describe('a mail server', () => {
  const servers: { close(): Promise<void> }[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  it('carries codes and notices over TLS, and notices later that it could not take at first', async () => {
    const tls = await selfSigned('mail.example');
    const server = await startMailServer({ tls, login: { user: 'gateway', password: 'hush' } });
    const folder = temporaryFolder();
    const smtp = {
      ...{ host: '127.0.0.1', port: server.port, ca: tls.cert, serverName: 'mail.example' },
      ...{ user: 'gateway', secret: 'hush', from: { address: 'login@university.example' } },
    };
    const gateway = await startGateway({ folder, config: { ...MAILBOX, senders: { smtp } } });
    servers.push(gateway, server);
    await gateway.addUser('ada', { name: 'Ada', email: 'ada@university.example' });
    const ada = new Someone(gateway, 'ada');
    const page = await ada.enter('courses');
    const question = await ada.code(page, readCode(server.received[0]?.text ?? ''));
    expect(asksToRemember(question)).toBe(true);
    server.mood = { code: 451, text: '4.3.0 later', at: 'message' };
    await ada.remember(question, 'yes');
    await vi.waitFor(() => expect(gateway.logs).toContainEqual(expect.objectContaining({ level: 'warn' })), {
      timeout: 20_000,
    });
    server.mood = 'takes';
    scene.clock.advance(31 * SECONDS);
    await gateway.command('user passwd', ['ada'], {}, 'another correct horse battery');
    await vi.waitFor(() => expect(server.received).toHaveLength(3), { timeout: 20_000 });
    expect(server.received.map(({ to, secure }) => ({ to, secure }))).toEqual(
      Array.from({ length: 3 }, () => ({ to: ['ada@university.example'], secure: true })),
    );
    const texts = server.received.slice(1).map(({ text }) => text);
    expect(texts.some((text) => text.includes('A browser was remembered for your account'))).toBe(true);
    expect(texts.some((text) => text.includes('The password of your account was changed'))).toBe(true);
  });
});

describe('notices', () => {
  it('tell of a method that was added and removed, of a remembered device, and of a password', async () => {
    const { someone, mailbox } = await withMailbox();
    const question = await someone.enrol(await someone.enter('payroll'));
    await someone.remember(question, 'yes');
    const [remembered, added] = await notices(scene.gateway, mailbox, 2);
    expect(added?.subject).toBe('Example University: a sign-in method was added');
    expect(added?.text).toContain('Method: Code app');
    expect(added?.text).toContain(`${scene.gateway.url}/account`);
    expect(remembered?.subject).toBe('Example University: a device is remembered');
    const form = await visitAccount(scene, someone, '/account/methods/add/totp');
    const other = scene.elsewhere(someone).scan(form);
    await someone.client.submit(form, { code: other.codeAt() }, { action: form.url.pathname });
    const { credentials, accounts } = scene.gateway.app.rooms;
    const owner = (await accounts.find(someone.username))?.id ?? '';
    const path = `/account/methods/${(await credentials.ofAccount(owner)).at(-1)?.id}/remove`;
    await someone.client.submit(await visitAccount(scene, someone, path), {}, { action: path });
    const [removed] = await notices(scene.gateway, mailbox, 4);
    expect(removed?.subject).toBe('Example University: a sign-in method was removed');
    await scene.gateway.command('user passwd', [someone.username], {}, 'another correct horse battery');
    const [changed] = await notices(scene.gateway, mailbox, 5);
    expect(changed?.subject).toBe('Example University: your password was changed');
    expect(changed?.text).toContain('By: the people who run this service');
  });

  it('of a new address go to the old one too, each once', async () => {
    const { someone, mailbox } = await withMailbox();
    const id = (await scene.gateway.app.rooms.accounts.find(someone.username))?.id ?? '';
    const next = newMailbox();
    const csv = `username,email\n${someone.username},${next}\n`;
    await scene.gateway.command('user import', [], { update: true }, csv);
    for (const to of [mailbox, next]) {
      const [notice] = await notices(scene.gateway, to, 1);
      expect(notice?.subject).toBe('Example University: your e-mail address was changed');
    }
    const rows = scene.audit().filter(({ event, account }) => event === 'account.email-changed' && account === id);
    expect(rows.map(({ detail }) => JSON.parse(detail))).toEqual([{ previous: mailbox, email: next, by: 'cli' }]);
  });
});
