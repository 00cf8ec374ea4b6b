import { expect, it } from 'vitest';
import { offline } from '../../../test/support/outside.ts';
import outbox from './index.ts';

function open() {
  const ports = { now: () => 1_800_000_000_000, random: (n: number) => new Uint8Array(n), fetch, log: offline.log };
  const sender = outbox.create({}, ports);
  const show = (path: string) => sender.pages?.find((page) => page.path === path)?.answer().body ?? '';
  return { sender, show };
}

it('keeps the last 100 messages, the newest first', async () => {
  const { sender, show } = open();
  for (let at = 0; at < 105; at += 1) await sender.send({ channel: 'text', to: '+85291234567', text: `message ${at}` });
  const kept = JSON.parse(show('/outbox.json')) as { text: string }[];
  expect(kept).toHaveLength(100);
  expect(kept[0]?.text).toBe('message 104');
  expect(kept.at(-1)?.text).toBe('message 5');
});

it('shows texts as texts', async () => {
  const { sender, show } = open();
  expect(show('/outbox')).toContain('Nothing was sent yet.');
  await sender.send({ channel: 'text', to: '+85291234567', text: '<script>alert("1")</script> & \'more\'' });
  expect(show('/outbox')).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;');
  expect(show('/outbox')).not.toContain('<script>');
});

it('shows a mail with its subject', async () => {
  const { sender, show } = open();
  await sender.send({ channel: 'mail', to: 'alice@example.org', subject: 'New <method>', text: 'Hello' });
  expect(JSON.parse(show('/outbox.json'))).toMatchObject([{ to: 'alice@example.org', subject: 'New <method>' }]);
  expect(show('/outbox')).toContain('<h2>New &lt;method&gt;</h2>');
});
