import { describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { visitAccount } from '../support/issued.ts';
import { asksNew, codeIn, codesTo, forgetful, NEXT_PASSWORD, RESET, register, withApp } from '../support/reset.ts';
import { type Someone, stage } from '../support/scene.ts';

/** As it is unless somebody writes otherwise. */
const { addresses: _, ...passwordReset } = RESET.passwordReset;

describe('a contact that nobody is told of elsewhere', () => {
  /** What an operator may come to know later. */
  const later: { ownDomains?: string[]; countries?: string[] } = {};
  const scene = stage(() => ({ config: { ...RESET, passwordReset: { ...passwordReset, ...later } } }));
  const first = ({ username }: Someone) => `${username}@private.example`;
  const second = ({ username }: Someone) => `${username}@another.example`;
  const asked = () => scene.audit().filter(({ event }) => event === 'reset.asked');

  async function somebody(email?: string): Promise<Someone> {
    const someone = await scene.newcomer(email === undefined ? {} : { email });
    await someone.enter('library');
    return someone;
  }

  /** Asks for a code: at its page, and how many contacts it went to. */
  async function ask(someone: Someone, way: 'mail' | 'text' = 'mail') {
    const before = asked().length;
    const other = forgetful(scene, someone);
    const page = await other.give(await other.ask(), { way });
    await expect.poll(() => asked().length).toBe(before + 1);
    return { other, page, messages: JSON.parse(asked().at(-1)?.detail ?? '{}').messages };
  }

  async function remove(someone: Someone, at: number): Promise<void> {
    const account = await visitAccount(scene, someone, '/account');
    const found = [...account.body.matchAll(/href="(\/account\/contacts\/[^"]+\/remove)"/g)].map(([, to = '']) => to);
    const address = found[at] ?? '';
    await someone.client.submit(await someone.client.open(`${scene.gateway.url}${address}`), {}, { action: address });
  }

  it('serves nothing, says so to its owner alone, and does once there is another', async () => {
    const someone = await somebody();
    await register(scene, someone, 'mail', first(someone));
    const text = 'One more e-mail address is needed';
    expect((await visitAccount(scene, someone, '/account')).text).toContain(text);
    const refused = await ask(someone);
    expect(refused.messages).toBe(0);
    expect(refused.page.text).toContain('a code is on its way to it');
    await register(scene, someone, 'mail', second(someone));
    expect((await visitAccount(scene, someone, '/account')).text).not.toContain(text);
    const served = await ask(someone);
    expect(served.messages).toBe(2);
    const [message] = await codesTo(scene, second(someone), 2);
    const next = await served.other.code(served.page, codeIn(message));
    expect((await served.other.give(next, { next: NEXT_PASSWORD })).text).toContain('Your password is changed');
  });

  it('may be a number, where a mailbox is told of it, and no other one', async () => {
    const [told, untold] = [await somebody('told@university.example'), await somebody()];
    await register(scene, told, 'text', '+85251234560');
    await register(scene, untold, 'text', '+85251234561');
    expect((await ask(told, 'text')).messages).toBe(1);
    expect((await ask(untold, 'text')).messages).toBe(0);
  });

  it('opens nothing where the other was removed meanwhile', async () => {
    const someone = await somebody();
    await register(scene, someone, 'mail', first(someone));
    await register(scene, someone, 'mail', second(someone));
    const { other, page } = await ask(someone);
    const [message] = await codesTo(scene, first(someone), 2);
    await remove(someone, 1);
    expect(asksNew(await other.code(page, codeIn(message)))).toBe(false);
  });

  it('opens nothing where the other was removed once the code was right', async () => {
    const someone = await somebody();
    await register(scene, someone, 'mail', first(someone));
    await register(scene, someone, 'mail', second(someone));
    const { other, page } = await ask(someone);
    const next = await other.code(page, codeIn((await codesTo(scene, first(someone), 2))[0]));
    expect(asksNew(next)).toBe(true);
    await remove(someone, 1);
    const late = await other.give(next, { next: NEXT_PASSWORD });
    expect(late.text).not.toContain('Your password is changed');
  });

  it('is asked for where methods have been set up, until one would serve', async () => {
    const someone = await withApp(scene);
    const offered = async () => {
      // With a second step that is fresh: whoever came by a pass is offered none.
      await visitAccount(scene, someone, '/account/password');
      const { body } = await someone.client.open(`${scene.gateway.url}/enrol/done`);
      return [...body.matchAll(/contacts\/add\/(\w+)/g)].map(([, kind]) => kind);
    };
    expect(await offered()).toEqual(['mail', 'text']);
    await register(scene, someone, 'mail', first(someone));
    expect(await offered()).toEqual(['mail']);
    await register(scene, someone, 'mail', second(someone));
    expect(await offered()).toEqual([]);
  });

  it('is no password of its owner’s, either', async () => {
    const someone = await withApp(scene);
    await register(scene, someone, 'mail', 'otterfan77@private.example');
    await register(scene, someone, 'text', '+85251234563');
    for (const next of ['Otterfan77 2026', 'abc 51234563 cba', 'otterfan77@private.example']) {
      const page = await visitAccount(scene, someone, '/account/password');
      const sent = await someone.client.submit(page, { current: PASSWORD, next }, { action: '/account/password' });
      const refused = await someone.client.follow(sent);
      expect([next, refused.text]).toEqual([next, expect.stringContaining('your name, your address or your number')]);
    }
  });

  it('serves nothing any more once its domain turns out to be behind this sign-in, or its country is left out', async () => {
    const [mailed, texted] = [await somebody('here@university.example'), await somebody('there@university.example')];
    await register(scene, mailed, 'mail', `${mailed.username}@clinic.example`);
    await register(scene, texted, 'text', '+85251234562');
    const under = await ask(mailed);
    expect(under.messages).toBe(1);
    const code = codeIn((await codesTo(scene, `${mailed.username}@clinic.example`, 2))[0]);
    Object.assign(later, { ownDomains: ['clinic.example'], countries: ['GB'] });
    await scene.restart();
    expect(asksNew(await under.other.code(await under.other.client.get(under.page.url), code))).toBe(false);
    expect((await ask(mailed)).messages).toBe(0);
    expect((await ask(texted, 'text')).messages).toBe(0);
    expect((await visitAccount(scene, mailed, '/account')).text).toContain('can’t be used any more');
  });
});
