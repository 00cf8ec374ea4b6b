import { describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { PASSWORD } from '../support/gateway.ts';
import { outbox } from '../support/outbox.ts';
import { asksNew, codeIn, type Forgetful, forgetful, NEXT_PASSWORD, RESET, register } from '../support/reset.ts';
import { ownForm, stage } from '../support/scene.ts';

const MANY = process.env.TESTS === 'long' ? 100 : 25;

describe('resets of one account at the same moment', () => {
  const perHour = { address: 10_000, installation: 100_000, messages: 1_000 };
  const scene = stage(() => ({ config: { ...RESET, passwordReset: { ...RESET.passwordReset, perHour } } }));
  const to = 'everybody@private.example';
  const events = (event: string) => scene.audit().filter((row) => row.event === event);

  /** So many browsers, each with the right code of its own. */
  async function begun(username: string): Promise<{ other: Forgetful; page: Reply; code: string }[]> {
    const all = Array.from({ length: MANY }, () => forgetful(scene, { username }));
    const pages: Reply[] = [];
    for (const other of all) pages.push(await other.give(await other.ask(), { way: 'mail' }));
    const mailsOf = async () => {
      const mails = await outbox(scene.gateway, to);
      return pages.flatMap(({ url }) => mails.find(({ text }) => text.includes(url.pathname)) ?? []);
    };
    await expect.poll(async () => (await mailsOf()).length).toBe(MANY);
    const mails = await mailsOf();
    return all.map((other, at) => ({ other, page: pages[at] as Reply, code: codeIn(mails[at]) }));
  }

  it('replace the password once, whoever is first, and end all others', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    await register(scene, someone, 'mail', to);
    const all = await begun(someone.username);
    const choosing = await Promise.all(all.map(({ other, page, code }) => other.code(page, code)));
    for (const page of choosing) expect(asksNew(page)).toBe(true);
    const done = await Promise.all(
      choosing.map((page, at) => {
        const { url, fields } = ownForm(page);
        return all[at]?.other.client.post(url, { ...fields, next: `${NEXT_PASSWORD} ${at}` });
      }),
    );
    expect(done.every((reply) => reply !== undefined && reply.status < 500)).toBe(true);
    expect(events('password.changed')).toHaveLength(1);
    const ends = await Promise.all(all.map(({ other, page }) => other.client.get(page.url)));
    const [winner, ...more] = ends.flatMap(({ text }, at) => (text.includes('Your password is changed') ? [at] : []));
    expect(more).toEqual([]);
    const opened: number[] = [];
    for (const at of [0, 1, winner ?? 0, MANY - 1]) {
      const elsewhere = scene.elsewhere(someone, forgetful(scene, someone).client);
      const page = await elsewhere.password(
        await elsewhere.begin('library'),
        someone.username,
        `${NEXT_PASSWORD} ${at}`,
      );
      if (page.url.pathname === '/library') opened.push(at);
    }
    expect(new Set(opened)).toEqual(new Set([winner]));
    // And none of the others goes on.
    for (const { text } of ends.filter((_, at) => at !== winner)) expect(text).toContain('This is over');
  });
});

describe('a password that strangers had stopped for good', () => {
  const scene = stage(() => ({
    config: {
      ...RESET,
      // Without a profile whose lock comes first.
      passwordPolicy: {},
      lockout: { failures: 100, inARow: 12, perAddress: { failures: 100_000, window: '10m' } },
    },
  }));

  it('is looked at again once its owner has replaced it, in any browser', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    await register(scene, someone, 'mail', 'stopped@private.example');
    const enters = async (password: string) => {
      const stranger = scene.elsewhere(someone, new Client());
      const page = await stranger.password(await stranger.begin('library'), someone.username, password);
      return page.url.pathname === '/library';
    };
    for (let guess = 0; guess < 13; guess += 1) expect(await enters('a guess')).toBe(false);
    expect(await enters(PASSWORD)).toBe(false);
    const other = forgetful(scene, someone);
    const next = await other.byMessage(scene, await other.ask(), 'mail', 'stopped@private.example');
    expect((await other.give(next, { next: NEXT_PASSWORD })).text).toContain('Your password is changed');
    expect(await enters(NEXT_PASSWORD)).toBe(true);
    expect(scene.audit().filter(({ event }) => event === 'attempts.released')).toHaveLength(1);
  });
});
