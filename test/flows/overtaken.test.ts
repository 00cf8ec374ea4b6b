import { describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { asksPassword, asksToRemember, stage } from '../support/scene.ts';

describe('a tab that another one overtakes', () => {
  const scene = stage();

  it('goes on by itself once the other has signed in', async () => {
    const someone = await scene.newcomer();
    const waiting = await someone.begin('library');
    await someone.enter('library');
    const reloaded = await someone.client.open(waiting.url);
    expect(reloaded.url.pathname).toBe('/library');
  });

  it('doesn’t take another person’s name and password for an answer of the one signed in', async () => {
    const someone = await scene.newcomer();
    const other = await scene.newcomer();
    const waiting = await someone.begin('library');
    await someone.enter('library');
    const before = await someone.subject('library');
    await someone.answer(waiting, { username: other.username, password: 'not their password' });
    expect(await someone.subject('library')).toBe(before);
    // Closing writes what the audit still holds.
    await scene.restart();
    const refused = scene
      .audit()
      .filter(({ event, detail }) => event === 'sign-in.refused' && detail.includes('wrong'));
    expect(refused).toEqual([]);
  });

  it('enrols once and goes on, however often Confirm is pressed', async () => {
    const someone = await scene.newcomer();
    const page = await someone.enter('courses');
    const code = someone.scan(page).codeAt();
    const [one, two] = await Promise.all([someone.code(page, code), someone.code(page, code)]);
    const after = await someone.client.open(page.url);
    expect(asksToRemember(after)).toBe(true);
    expect([one, two].some((reply) => asksToRemember(reply))).toBe(true);
    const added = scene.audit().filter(({ event }) => event === 'credential.added');
    expect(added).toHaveLength(1);
  });

  it('asks for the person’s own password where the application wants it again', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    const again = await someone.begin('library', '?prompt=login');
    expect(asksPassword(again)).toBe(true);
    const signedIn = await someone.answer(again, { password: PASSWORD });
    expect(signedIn.url.pathname).toBe('/library');
  });
});

describe('what the gateway answers where it serves nothing', () => {
  const scene = stage();

  it('is a page of its own for a method that isn’t served', async () => {
    const someone = await scene.newcomer();
    const page = await someone.client.post(`${scene.gateway.url}/jwks`, {});
    expect(page.status).toBe(405);
    const shown = await someone.client.send(`${scene.gateway.url}/logout/success`, { method: 'PUT' });
    expect([shown.status, shown.text.includes('Reference')]).toEqual([405, true]);
  });

  it('keeps what the account has chosen when another site sends the browser to the language switch', async () => {
    const someone = await scene.newcomer();
    const url = `${scene.gateway.url}/language?to=zh-Hant&back=/applications`;
    const chosen = async () => (await scene.gateway.app.rooms.accounts.find(someone.username))?.locale;
    await someone.enter('library');
    await someone.client.get(url, { from: 'https://elsewhere.example' });
    expect(await chosen()).toBeUndefined();
    await someone.client.get(url);
    expect(await chosen()).toBe('zh-Hant');
  });
});
