import type { Reply } from './client.ts';
import { PASSWORD } from './gateway.ts';
import { asksCode, asksPassword, asksToRemember, type Scene, type Someone } from './scene.ts';

/** What a page or a command shows of something issued: codes in groups of four. */
export const codesOf = (text: string): string[] =>
  text.match(/\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4})+\b/g) ?? [];

export const asksPass = (page: Reply): boolean => page.text.includes('Enter your Temporary Access Pass');

/** A pass for somebody, as the operator's command gives it. */
export async function passFor(
  scene: Scene,
  someone: Pick<Someone, 'username'>,
  options: Record<string, string> = {},
): Promise<string> {
  const [pass] = codesOf((await scene.gateway.command('tap issue', [someone.username], options)).join('\n'));
  if (pass === undefined) throw new Error('no pass was issued');
  return pass;
}

/** Opens a page of the account, answering what its sign-in asks for by the method that the person holds. */
export async function visitAccount(scene: Scene, someone: Someone, path: string): Promise<Reply> {
  let page = await someone.client.open(`${scene.gateway.url}${path}`);
  const { username } = someone;
  const known = !page.body.includes('name="username"');
  if (asksPassword(page)) page = await someone.answer(page, { ...(known ? {} : { username }), password: PASSWORD });
  if (asksCode(page)) page = await someone.code(page, scene.nextCode(someone));
  if (asksToRemember(page)) page = await someone.remember(page, 'no');
  return page;
}

/** Issues something to oneself at the account page; what is shown then. */
export async function issueTo(scene: Scene, someone: Someone, factor: string, fields: Record<string, string> = {}) {
  const path = `/account/methods/issue/${factor}`;
  const page = await visitAccount(scene, someone, path);
  return someone.client.submit(page, fields, { action: path });
}
