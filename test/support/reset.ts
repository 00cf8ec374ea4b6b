import { setTimeout as pause } from 'node:timers/promises';
import { Client, type Reply } from './client.ts';
import { HOURS } from './clock.ts';
import { visitAccount } from './issued.ts';
import { type Message, outbox } from './outbox.ts';
import { ownForm, type Scene, Someone } from './scene.ts';

/** Everything that a forgotten password can be replaced by, and messages that go nowhere but to the outbox. */
export const RESET = {
  demo: {},
  senders: { outbox: {} },
  factors: { password: {}, totp: {}, recovery: {}, tap: {}, fido2: {}, sms: { countries: ['HK', 'GB'] } },
  passwordPolicy: {
    profiles: {
      classic: { groups: ['classic'] },
      legacy: { groups: ['legacy'], reset: { legacySecretQuestions: true } },
    },
  },
  // Most people here have one mailbox and no other.
  passwordReset: { countries: ['HK', 'GB'], human: { free: 10_000 }, addresses: 1 },
  policy: {
    rules: [
      { name: 'library', applications: ['library'], level: 'sfa' },
      { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
      { name: 'account', applications: ['sallyport-account'], level: 'sfa' },
    ],
  },
};

export const NEXT_PASSWORD = 'seven wet otters on a barge';

/** A code as messages have it. */
const CODE = /\b([0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4})\b/;
export const codeIn = (message: Pick<Message, 'text'> | undefined): string => {
  const [, code] = CODE.exec(message?.text ?? '') ?? [];
  if (code === undefined) throw new Error(`no code in: ${message?.text}`);
  return code;
};

/** Messages with a code to somebody, once there are this many: they are sent off the request's path. The newest first. */
export async function codesTo({ gateway }: Pick<Scene, 'gateway'>, to: string, count: number): Promise<Message[]> {
  const end = performance.now() + 20_000;
  for (;;) {
    const found = (await outbox(gateway, to)).filter(({ text }) => CODE.test(text));
    if (found.length >= count) return found;
    if (performance.now() > end) throw new Error(`${found.length} codes for ${to}`);
    // Pictures are taken outside of Vitest.
    await pause(50);
  }
}

/** Somebody who has set up a code app. */
export async function withApp(scene: Scene): Promise<Someone> {
  const someone = await scene.newcomer();
  const choice = await someone.enter('courses');
  await someone.remember(await someone.enrol(await someone.answer(choice, { factor: 'totp' })), 'no');
  return someone;
}

/** Registers a mailbox or number at the account's page, and lets it settle unless `fresh`. */
export async function register(
  scene: Scene,
  someone: Someone,
  kind: 'mail' | 'text',
  to: string,
  fresh = false,
): Promise<Reply> {
  const before = (await outbox(scene.gateway, to)).filter(({ text }) => CODE.test(text)).length;
  const page = await visitAccount(scene, someone, `/account/contacts/add/${kind}`);
  const asked = await someone.client.follow(
    await someone.client.submit(page, { contact: to }, { action: `/contacts/add/${kind}` }),
  );
  const [message] = await codesTo(scene, to, before + 1);
  if (message === undefined) throw new Error(`no code for ${to}`);
  const done = await someone.client.follow(
    await someone.client.submit(asked, { code: codeIn(message) }, { action: '/contacts/code' }),
  );
  if (!fresh) scene.clock.advance(72 * HOURS);
  return done;
}

/** Secret questions as a page asks them, and what somebody answered. */
export const ANSWERS: Readonly<Record<string, string>> = {
  'Which teacher did you fear most?': 'Frau Straße',
  'What did you call your best friend as a child?': 'Teddy',
  'Where did you hide as a child?': 'behind  the mill',
  'What is painted on the shed?': 'A blue <otter>',
  'Where was the first & last rain?': '香港',
};

/** Sets them at the account's page, and lets them settle unless `fresh`. */
export async function setQuestions(
  scene: Scene,
  someone: Someone,
  { answers = ANSWERS, fresh = false }: { answers?: Readonly<Record<string, string>>; fresh?: boolean } = {},
): Promise<Reply> {
  const given = ['teacher', 'friend', 'hiding-place'];
  const fields = Object.entries(answers).flatMap(([own, answer], at) => [
    [`question${at + 1}`, given[at] ?? ''],
    [`own${at + 1}`, at < given.length ? '' : own],
    [`answer${at + 1}`, answer],
  ]);
  const page = await visitAccount(scene, someone, '/account/contacts/questions');
  const sent = await someone.client.submit(page, Object.fromEntries(fields), { action: '/contacts/questions' });
  const done = await someone.client.follow(sent);
  if (!fresh) scene.clock.advance(72 * HOURS);
  return done;
}

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** Which questions a page asks, by the fields of their answers. */
export const askedOn = (page: Reply): Record<string, string> =>
  Object.fromEntries(
    [...page.body.matchAll(/<label for="(answer\d)">(?:<bdi>)?([^<]*)</g)].map(([, name = '', text = '']) => [
      name,
      text.replace(/&\w+;/g, (one) => ENTITIES[one] ?? one),
    ]),
  );

/** Answers to what a page asks, each as `spoken` says it. */
export const answersTo = (page: Reply, spoken = (answer: string) => answer): Record<string, string> =>
  Object.fromEntries(Object.entries(askedOn(page)).map(([name, text]) => [name, spoken(ANSWERS[text] ?? '')]));

/** Somebody at a browser who has forgotten a password. */
export class Forgetful extends Someone {
  /** From the name to the page that says what can be shown. */
  async ask(name = this.username): Promise<Reply> {
    const page = await this.client.open(`${this.gateway.url}/reset`);
    return this.client.follow(await this.client.submit(page, { username: name }, { action: '/reset' }));
  }

  /** Chooses a way, or answers what it asks. */
  async give(page: Reply, fields: Readonly<Record<string, string>>): Promise<Reply> {
    const { url, fields: own } = ownForm(page);
    return this.client.follow(await this.client.post(url, { ...own, ...fields }));
  }

  override async code(page: Reply, code: string): Promise<Reply> {
    return this.give(page, { code });
  }

  /** Asks for a code to be sent, and gives it. */
  async byMessage(scene: Scene, page: Reply, way: 'mail' | 'text', to: string): Promise<Reply> {
    const before = (await outbox(scene.gateway, to)).filter(({ text }) => CODE.test(text)).length;
    const asked = await this.give(page, { way });
    const [message] = await codesTo(scene, to, before + 1);
    return this.code(asked, codeIn(message as Message));
  }
}

/** The person at a browser that nobody knows. */
export const forgetful = (scene: Scene, { username }: Pick<Someone, 'username'>, client = new Client()): Forgetful =>
  new Forgetful(scene.gateway, username, client);

export const asksNew = (page: Reply): boolean => page.body.includes('name="next"');
export const asksMore = (page: Reply): boolean => page.text.includes('One more, please');
