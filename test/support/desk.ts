import { expect } from 'vitest';
import type { Reply } from './client.ts';
import { forms } from './forms.ts';
import { accountOf, keyHolder } from './holders.ts';
import type { Passkey } from './passkeys.ts';
import type { Scene, Someone } from './scene.ts';

export const CHECKLIST = ['I called back.', { en: 'I saw their card.', 'zh-Hant': '我看過證件。' }];
const EVERYTHING = ['view', 'issue', 'remove', 'unlock', 'end-sessions', 'assign', 'reports', 'totals'];

/** A desk over students and staff, one over students at night, and one that only looks. */
export const DESK = {
  agents: [
    { name: 'day', groups: ['desk'], over: { groups: ['students', 'staff'], notGroups: ['vip'] }, may: EVERYTHING },
    { name: 'night', groups: ['night'], over: { groups: ['students'], notGroups: ['vip'] }, may: ['view', 'unlock'] },
    { name: 'numbers', groups: ['numbers'], over: { groups: ['students'] }, may: ['totals'] },
    { name: 'audit', groups: ['onlookers'], over: { groups: ['students', 'staff'] }, may: ['view'] },
  ],
  checklist: CHECKLIST,
};

export const DESK_CONFIG = {
  factors: { password: {}, totp: {}, fido2: {}, recovery: {}, tap: {} },
  helpDesk: DESK,
};

export const REASON = 'Lost phone, ticket 4711';
export const CHECKED = { 'check-0': 'yes', 'check-1': 'yes', reason: REASON };

/** Gives a person other groups, in the directory alone. */
export async function regroup(scene: Scene, { username }: { username: string }, ...groups: string[]): Promise<void> {
  const csv = `username,groups\n${username},${groups.join(';')}\n`;
  const { exitCode, lines } = await scene.gateway.app.host.run({
    name: 'user import',
    input: { args: [], options: { update: true }, stdin: csv },
  });
  expect([exitCode, lines]).toEqual([0, expect.anything()]);
}

/** An agent at the desk: somebody of these groups, with what was asked on the way there answered. */
export async function agentAt(scene: Scene, groups = 'desk'): Promise<Agent> {
  const { someone, key } = await keyHolder(scene, { groups });
  const agent = new Agent(scene, someone, key);
  expect((await agent.open('/helpdesk')).url.pathname).toBe('/helpdesk');
  return agent;
}

export class Agent {
  readonly scene: Scene;
  readonly someone: Someone;
  readonly key: Passkey;

  constructor(scene: Scene, someone: Someone, key: Passkey) {
    this.scene = scene;
    this.someone = someone;
    this.key = key;
  }

  /** A page of the desk; the passkey is shown where it is asked for. */
  async open(path: string): Promise<Reply> {
    const page = await this.someone.client.open(`${this.scene.gateway.url}${path}`);
    return page.url.pathname.startsWith('/sign-in/') ? this.key.use(this.someone, page) : page;
  }

  find(text: string): Promise<Reply> {
    return this.open(`/helpdesk?q=${encodeURIComponent(text)}`);
  }

  async person(person: { username: string }, below = ''): Promise<Reply> {
    return this.open(`/helpdesk/people/${await accountOf(this.scene, person)}${below}`);
  }

  /** Sends the form of an action; not followed. */
  send(page: Reply, fields: Record<string, string> = {}): Promise<Reply> {
    const { url, own } = actionForm(page);
    return this.someone.client.post(url, { ...own, ...CHECKED, ...fields });
  }

  /** The whole of an action; follows to where it ends. */
  async act(person: { username: string }, action: string, fields: Record<string, string> = {}): Promise<Reply> {
    const reply = await this.send(await this.person(person, `/${action}`), fields);
    return this.someone.client.follow(reply);
  }
}

/** The form of an action on its page: where it is sent, and what it holds. */
export function actionForm(page: Reply): { url: URL; own: Record<string, string> } {
  const found = forms(page.body).find(({ fields }) => Object.hasOwn(fields, 'reason'));
  if (found === undefined) throw new Error(`no action here: ${page.status} ${page.url.pathname} ${page.text}`);
  return { url: new URL(found.action, page.url), own: found.fields };
}
