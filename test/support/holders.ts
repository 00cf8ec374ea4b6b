import { MINUTES } from './clock.ts';
import { newestCode } from './outbox.ts';
import { Passkey } from './passkeys.ts';
import { asksToRemember, type Scene, type Someone } from './scene.ts';

/** Id of somebody's account. */
export async function accountOf(scene: Scene, { username }: Pick<Someone, 'username'>): Promise<string> {
  const account = await scene.gateway.app.rooms.accounts.find(username);
  if (account === undefined) throw new Error(`nobody is called ${username}`);
  return account.id;
}

/** How often a factor's proof of somebody's counted; it arrives in the audit a moment after it was given. */
export async function proofsOf(scene: Scene, someone: Someone, factor: string): Promise<number> {
  const id = await accountOf(scene, someone);
  const mine = scene.audit().filter(({ event, account }) => event === 'sign-in.proved' && account === id);
  return mine.filter(({ detail }) => JSON.parse(detail).factor === factor).length;
}

/** Somebody with a passkey as their first method, signed in to Courses with it. */
export async function keyHolder(
  scene: Scene,
  { groups = 'students', key = new Passkey(scene.gateway) } = {},
): Promise<{ someone: Someone; key: Passkey }> {
  const someone = await scene.newcomer({ groups });
  const choice = await someone.enter('courses');
  const after = await key.enrol(someone, await someone.answer(choice, { factor: 'fido2' }));
  if (asksToRemember(after)) await someone.remember(after, 'no');
  return { someone, key };
}

/** Somebody with a code app, signed in to Courses with it. */
export async function appHolder(
  scene: Scene,
  { groups = 'students', remember = 'no' as 'yes' | 'no' } = {},
): Promise<Someone> {
  const someone = await scene.newcomer({ groups });
  const setup = await someone.answer(await someone.enter('courses'), { factor: 'totp' });
  // Where tokens were imported, it could be one of those.
  const app = setup.body.includes('name="choice"') ? await someone.answer(setup, { choice: 'app' }) : setup;
  await someone.remember(await someone.enrol(app), remember);
  return someone;
}

let numbers = 0;
/** Somebody whose second step is a text message to a number of their own; `OUTBOX` carries it. */
export async function numberHolder(scene: Scene): Promise<{ someone: Someone; number: string }> {
  numbers += 1;
  const number = `+8529124${String(1000 + numbers)}`;
  const someone = await scene.newcomer();
  const form = await someone.answer(await someone.enter('courses'), { factor: 'sms' });
  const page = await someone.answer(form, { code: number });
  await someone.remember(await someone.code(page, await newestCode(scene.gateway, number)), 'no');
  scene.clock.advance(MINUTES);
  return { someone, number };
}
