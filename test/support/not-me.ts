import { vi } from 'vitest';
import type { Reply } from './client.ts';
import { PASSWORD } from './gateway.ts';
import { visitAccount } from './issued.ts';
import { asksCode, asksPassword, asksToRemember, type Scene, type Someone } from './scene.ts';

export const NEW_PASSWORD = 'violet ladder under seven moons';

export const asksNewPassword = (page: Reply): boolean => page.body.includes('name="next"');

/** Addresses of "This wasn't me" on the account page, the newest first. */
export function reportsOf(account: Reply): string[] {
  return [...account.body.matchAll(/href="(\/account\/sign-ins\/[\w-]+\/not-me)"/g)].map(([, path = '']) => path);
}

/** Of the newest sign-in that somebody signed in sees: it arrives in the audit a moment after it was. */
export function newestReport(scene: Scene, someone: Someone): Promise<string> {
  return vi.waitFor(async () => {
    const [first] = reportsOf(await someone.client.open(`${scene.gateway.url}/account`));
    return first ?? Promise.reject(new Error('no sign-in is shown'));
  });
}

/** Says of the newest sign-in that it was somebody else's; where that leads. */
export async function reportLast(scene: Scene, someone: Someone): Promise<Reply> {
  await visitAccount(scene, someone, '/account');
  const path = await newestReport(scene, someone);
  const page = await someone.client.open(`${scene.gateway.url}${path}`);
  return someone.client.follow(await someone.client.submit(page, {}, { action: '/not-me' }));
}

/** Goes on from wherever a sign-in stands to the choice of a new password, with the old one and a code. */
export async function toNewPassword(scene: Scene, someone: Someone, begun: Reply): Promise<Reply> {
  let page = begun;
  if (asksPassword(page)) page = await someone.password(page, someone.username, PASSWORD);
  return asksCode(page) ? someone.code(page, scene.nextCode(someone)) : page;
}

/** Chooses a new password where a sign-in asks for one; where that leads. */
export async function choose(someone: Someone, page: Reply, next = NEW_PASSWORD): Promise<Reply> {
  const after = await someone.answer(page, { next });
  return asksToRemember(after) ? someone.remember(after, 'no') : after;
}

/** Id of somebody's account. */
export async function accountOf(scene: Scene, { username }: Pick<Someone, 'username'>): Promise<string> {
  const account = await scene.gateway.app.signIn.accounts.find(username);
  if (account === undefined) throw new Error(`nobody is called ${username}`);
  return account.id;
}
