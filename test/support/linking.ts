import type { Client, Reply } from './client.ts';
import { visitAccount } from './issued.ts';
import type { Scene, Someone } from './scene.ts';
import { wayTo } from './upstream.ts';

export const LINK = '/account/links/add/partner';

const isAnswer = (next: URL) => next.pathname.startsWith('/return/');

/** A browser that has signed in at the house, just before it comes back to link; and its answer. */
export async function answeredToLink(scene: Scene, someone: Someone, path = LINK): Promise<URL> {
  const page = await visitAccount(scene, someone, path);
  const leave = /href="([^"]*\/leave)"/.exec(page.body)?.[1];
  if (leave === undefined) throw new Error(`nothing to link here: ${page.text}`);
  return answerOf(someone.client, new URL(leave, page.url));
}

/** Where a house sends a browser back to, from the address that leads there. */
export async function answerOf(browser: Client, leave: URL): Promise<URL> {
  const last = await browser.follow(await browser.get(leave), isAnswer);
  if (last.location === undefined) throw new Error(`no answer: ${last.text}`);
  return last.location;
}

/** The page with the last word. */
export const backToLink = async (scene: Scene, someone: Someone, path = LINK): Promise<Reply> =>
  someone.client.open(await answeredToLink(scene, someone, path));

/** All of it; where that leads. */
export async function link(scene: Scene, someone: Someone, path = LINK): Promise<Reply> {
  return lastWord(someone, await backToLink(scene, someone, path));
}

export const lastWord = async ({ client }: Pick<Someone, 'client'>, page: Reply): Promise<Reply> =>
  client.follow(await client.submit(page, {}, { action: '/confirm' }));

/** Signs in to an application by a house, wherever that ends. */
export async function enterBy(someone: Someone, application: string, directory = 'partner'): Promise<Reply> {
  const page = await someone.begin(application);
  return someone.client.open(new URL(wayTo(page.body, directory), page.url));
}
