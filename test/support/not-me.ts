import { vi } from 'vitest';
import { Client, type Reply } from './client.ts';
import { SECONDS } from './clock.ts';
import { PASSWORD } from './gateway.ts';
import { accountOf } from './holders.ts';
import { visitAccount } from './issued.ts';
import { asksCode, asksPassword, asksToRemember, type Scene, type Someone } from './scene.ts';

export const NEW_PASSWORD = 'violet ladder under seven moons';

export const asksNewPassword = (page: Reply): boolean => page.body.includes('name="next"');

/**
 * "This wasn't me" of the newest sign-in that somebody signed in sees, or of the newest from an address: it arrives in
 * the audit a moment after it was.
 */
export function newestReport(scene: Scene, someone: Someone, address?: string): Promise<string> {
  return vi.waitFor(
    async () => {
      const { body } = await someone.client.open(`${scene.gateway.url}/account`);
      const row = body.split('<tr ').find((text) => text.includes('/not-me"') && text.includes(address ?? ''));
      return (
        /href="(\/account\/sign-ins\/[\w-]+\/not-me)"/.exec(row ?? '')?.[1] ?? Promise.reject(new Error('not there'))
      );
    },
    { timeout: 20_000 },
  );
}

/** Address that somebody else comes from. */
export const ELSEWHERE = '127.0.0.2';

/** Somebody who knows the password and was told a code, on a machine of their own: signed in to Courses. */
export async function thiefOf(scene: Scene, owner: Someone): Promise<Someone> {
  const thief = scene.elsewhere(owner, new Client({ localAddress: ELSEWHERE }));
  const page = await thief.code(await thief.enter('courses'), scene.nextCode(owner));
  await thief.remember(page, 'yes');
  return thief;
}

/** Somebody else signs in, and the owner says that it wasn't them; where that leads. */
export async function reportThief(scene: Scene, owner: Someone): Promise<Reply> {
  await thiefOf(scene, owner);
  await visitAccount(scene, owner, '/account');
  const path = await newestReport(scene, owner, ELSEWHERE);
  const page = await owner.client.open(`${scene.gateway.url}${path}`);
  return owner.client.follow(await owner.client.submit(page, {}, { action: '/not-me' }));
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

/** Reports as the owner's own page does, without going there; the account's id. */
export async function report(scene: Scene, someone: Pick<Someone, 'username'>): Promise<string> {
  const account = await accountOf(scene, someone);
  // Tokens count in whole seconds: what is revoked in the very second of its issue counts as revoked.
  scene.clock.advance(2 * SECONDS);
  const about = { what: 'sign-in', at: scene.gateway.now(), ip: ELSEWHERE } as const;
  await scene.gateway.app.rooms.reports.make(account, about, { by: 'owner' });
  scene.clock.advance(2 * SECONDS);
  return account;
}
