import { describe, expect, it, vi } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { PASSWORD } from '../support/gateway.ts';
import { management } from '../support/outbox.ts';
import { type Someone, stage } from '../support/scene.ts';

const NAMES = { names: ['username', 'email'], domains: ['UNI'], realms: ['uni.example'] };
const WRONG = 'The user name or the password isn’t right.';
const LOCKED = 'Too many wrong attempts.';

describe('a person', () => {
  const words = {
    label: { en: 'Campus name', 'zh-Hant': '校園帳號', 'zh-Hans': '校园账号' },
    hint: { en: 'As on your card, or your address', 'zh-Hant': '如證件所示', 'zh-Hans': '如证件所示' },
  };
  const scene = stage(() => ({
    config: { signInWith: { ...NAMES, ...words }, lockout: { perAddress: { failures: 100_000, window: '10m' } } },
  }));

  /** One try under a name, in a browser that nobody knows. */
  async function tries(name: string, password = PASSWORD): Promise<Reply> {
    const stranger = scene.elsewhere({ username: name } as Someone, new Client());
    return stranger.password(await stranger.begin('library'), name, password);
  }
  const wrong = async (name: string, times: number) => {
    for (let time = 0; time < times; time += 1) expect((await tries(name, 'guess')).text).toContain(WRONG);
  };

  it('signs in by user name, mail address, domain and realm', async () => {
    const { username } = await scene.newcomer({ email: 'first@mail.example' });
    const names = [
      username,
      username.toUpperCase(),
      'First@Mail.example',
      `uni\\${username}`,
      `${username}@Uni.example`,
    ];
    for (const name of names) expect((await tries(name)).url.pathname, name).toBe('/library');
    for (const name of [`OTHER\\${username}`, `${username}@mail.example`, 'UNI\\first@mail.example']) {
      expect((await tries(name)).text, name).toContain(WRONG);
    }
  });

  it('signs in by a changed mail address, and no more by the former one', async () => {
    const { username } = await scene.newcomer({ email: 'former@mail.example' });
    const csv = `username,email\n${username},changed@mail.example\n`;
    await scene.gateway.command('user import', [], { update: true }, csv);
    expect((await tries('changed@mail.example')).url.pathname).toBe('/library');
    expect((await tries('former@mail.example')).text).toContain(WRONG);
  });

  it('has one budget under all names, and each tells of its own lock alone', async () => {
    const { username } = await scene.newcomer({ email: 'second@mail.example' });
    await wrong(username, 8);
    expect((await tries(`UNI\\${username}`)).text).toContain(LOCKED);
    // The right password: not looked at, and not said to be locked, for that would tell whose address it is.
    await scene.gateway.addUser('bystander', { email: 'third@mail.example' });
    for (let time = 0; time < 8; time += 1) expect((await tries('second@mail.example')).text).toContain(WRONG);
    expect((await tries('second@mail.example')).text).toContain(LOCKED);
    await wrong('nobody@mail.example', 8);
    expect((await tries('nobody@mail.example')).text).toContain(LOCKED);
    expect((await tries('third@mail.example')).url.pathname).toBe('/library');
  });

  it('who does not exist is counted without domain and realm as well', async () => {
    await wrong('UNI\\ghost', 3);
    await wrong('ghost@uni.example', 3);
    await wrong('Ghost', 2);
    for (const name of ['ghost', 'UNI\\ghost', 'ghost@uni.example']) expect((await tries(name)).text).toContain(LOCKED);
  });

  it('can try again under every name once the account is unlocked', async () => {
    const { username } = await scene.newcomer({ email: 'fourth@mail.example' });
    await wrong(username, 8);
    await wrong('fourth@mail.example', 8);
    await scene.gateway.command('account unlock', [username]);
    expect((await tries('fourth@mail.example')).url.pathname).toBe('/library');
    expect((await tries(username)).url.pathname).toBe('/library');
  });

  it('reads the institution’s own words for it, in every language', async () => {
    for (const [language, label, hint] of [
      ['en', 'Campus name', 'As on your card, or your address'],
      ['zh-Hant', '校園帳號', '如證件所示'],
      ['zh-Hans', '校园账号', '如证件所示'],
    ] as const) {
      const client = new Client({ headers: { 'accept-language': language } });
      const page = await scene.elsewhere({ username: '' } as Someone, client).begin('library');
      expect(page.text).toContain(label);
      expect(page.body).toMatch(new RegExp(`id="username-hint">${hint}<`));
      expect(page.body).toContain('aria-describedby="username-hint"');
    }
  });
});

describe('a name that is found to be two people’s', () => {
  let names: string[] = ['username'];
  const scene = stage(() => ({ config: { signInWith: { ...NAMES, names } } }));

  it('signs nobody in, and log and metric say so; their other names do', async () => {
    await scene.gateway.addUser('twin', { email: 'shared@mail.example' });
    await scene.gateway.addUser('double', { email: 'Shared@mail.example' });
    names = ['username', 'email'];
    await scene.restart();
    const stranger = scene.elsewhere({ username: 'twin' } as Someone, new Client());
    const page = await stranger.password(await stranger.begin('library'), 'shared@mail.example');
    expect(page.text).toContain(WRONG);
    expect((await stranger.password(page, 'twin')).url.pathname).toBe('/library');
    const people = ['local: twin', 'local: double'];
    expect(scene.gateway.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { people: expect.arrayContaining(people) } }),
    );
    await vi.waitFor(async () => {
      const metrics = await (await management(scene.gateway, '/metrics')).text();
      expect(metrics).toContain('sallyport_events_total{event="sign-in.ambiguous"} 1');
    });
  });
});
