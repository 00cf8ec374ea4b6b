import { expect, it } from 'vitest';
import type { Channel, Outgoing, Sender } from '../../src/core/sender.ts';

/** A sender, and whoever it hands messages to. */
export interface Carried {
  sender: Sender;
  channel: Channel;
  /** What arrived, in order. */
  received(): { to: string; text: string }[];
  /** The other side takes nothing any more; absent, as the next one, where there is no other side. */
  refuse?(): void;
  /** The other side is gone. */
  leave?(): Promise<void>;
}

const TO = { text: '+85291234567', mail: 'alice@university.example' } as const;
const PERSONAL = /123456|91234567|alice/;

function message(channel: Channel, text: string): Outgoing {
  if (channel === 'text') return { channel, to: TO.text, text };
  return { channel, to: TO.mail, subject: 'Your code', text };
}

/** Texts that have come out wrong somewhere before. */
export const TEXTS = [
  ['English', '123456 is your sign-in code for login.example. Tell it to nobody.\n\n@login.example #123456'],
  [
    'traditional Chinese',
    '123456 是您在 login.example 的登入驗證碼，3 分鐘內有效。請勿告訴任何人。\n\n@login.example #123456',
  ],
  [
    'characters that mean something elsewhere',
    `"quotes" 'single' \\ <b>&amp;</b> {to} %41 +1 =a;b $& \u00e9\u20ac[]^~|`,
  ],
  ['several messages’ length', 'A text that is longer than one message holds, and goes on. '.repeat(5).trim()],
  ['several messages’ length in Chinese', '這段文字比一則簡訊能容納的長度更長，因此會分成幾則傳送。'.repeat(6)],
  ['pairs of UTF-16 units', `${'學'.repeat(66)}🎓${'生'.repeat(60)}🎒`],
] as const;

/** What every sender owes: run on each with its own double. */
export function senderSuite(open: () => Promise<Carried>): void {
  it.each(TEXTS)('hands on a text as it is: %s', async (_case, text) => {
    const { sender, channel, received } = await open();
    expect(await sender.send(message(channel, text))).toMatchObject({ ok: true });
    expect(received()).toEqual([{ to: TO[channel], text }]);
  });

  it('hands on each of many at once, once', async () => {
    const { sender, channel, received } = await open();
    const texts = Array.from({ length: 40 }, (_, at) => `message ${at}`);
    const results = await Promise.all(texts.map((text) => sender.send(message(channel, text))));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(
      received()
        .map(({ text }) => text)
        .sort(),
    ).toEqual(texts.toSorted());
  });

  it('shows its pages, if it has any, as data', async () => {
    const { sender } = await open();
    for (const { path, answer } of sender.pages ?? []) {
      expect(path).toMatch(/^\/[a-z.-]+$/);
      expect(answer().type).toMatch(/^[a-z]+\/[a-z]+/);
    }
  });
}

/** Of a sender that hands messages to somebody. */
export function otherSideSuite(open: () => Promise<Required<Carried>>): void {
  it('says so where the other side takes nothing, and neither address nor text', async () => {
    const { sender, channel, refuse } = await open();
    refuse();
    const result = await sender.send(message(channel, 'code 123456'));
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(/./) });
    expect(JSON.stringify(result)).not.toMatch(PERSONAL);
  });

  it('says so where the other side is gone, and does not throw', async () => {
    const { sender, channel, leave } = await open();
    await leave();
    const result = await sender.send(message(channel, 'code 123456'));
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toMatch(PERSONAL);
  });
}
