import { describe, expect, it, onTestFinished } from 'vitest';
import { offline } from '../../../test/support/outside.ts';
import { startService } from './double.ts';
import twilio from './index.ts';

const ACCOUNT = `AC${'0123456789abcdef'.repeat(2)}`;
const KEY = `SK${'0123456789abcdef'.repeat(2)}`;
const SERVICE = `MG${'0123456789abcdef'.repeat(2)}`;
const SECRET = 'the secret of the tests';
const MESSAGE = { channel: 'text', to: '+85291234567', text: 'hello & good-bye' } as const;

async function open(given: object = { from: '+85221234567' }) {
  const service = await startService();
  onTestFinished(() => service.close().catch(() => undefined));
  const settings = twilio.settings.parse({ accountSid: ACCOUNT, secret: SECRET, ...given });
  const sender = twilio.create(settings, {
    now: Date.now,
    random: (bytes) => new Uint8Array(bytes),
    fetch: service.fetch,
    log: offline.log,
  });
  return { service, sender };
}

const basic = (user: string) => `Basic ${Buffer.from(`${user}:${SECRET}`).toString('base64')}`;

describe('a message', () => {
  it('is posted to the account, with its token', async () => {
    const { service, sender } = await open();
    expect(await sender.send(MESSAGE)).toEqual({ ok: true, id: `SM${'0123456789abcdef'.repeat(2)}` });
    expect(service.posted).toEqual([
      {
        method: 'POST',
        path: `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`,
        authorization: basic(ACCOUNT),
        fields: { To: '+85291234567', From: '+85221234567', Body: 'hello & good-bye' },
      },
    ]);
  });

  it('can be signed in for by an API key, and come from a messaging service', async () => {
    const { service, sender } = await open({ apiKey: KEY, messagingServiceSid: SERVICE });
    await sender.send(MESSAGE);
    expect(service.posted[0]).toMatchObject({
      authorization: basic(KEY),
      fields: { MessagingServiceSid: SERVICE },
    });
    expect(service.posted[0]?.fields).not.toHaveProperty('From');
  });

  it.each([
    [400, '{"code":21211,"message":"no"}', { ok: false, reason: 'status 400, code 21211' }],
    [401, '{"code":20003}', { ok: false, reason: 'status 401, code 20003' }],
    [404, 'not JSON', { ok: false, reason: 'status 404' }],
    [429, '{}', { ok: false, reason: 'status 429' }],
    [503, '{}', { ok: false, reason: 'status 503', unsure: true }],
  ])('that is answered %i %s was not taken', async (status, body, result) => {
    const { service, sender } = await open();
    service.answer = { status, body };
    expect(await sender.send(MESSAGE)).toEqual(result);
  });
});

it.each([
  ['neither from nor a service', {}],
  ['both', { from: 'University', messagingServiceSid: SERVICE }],
  ['a name that is too long', { from: 'University of X' }],
  ['an account of another shape', { from: 'Uni', accountSid: 'AC1' }],
])('settings with %s are refused', (_case, given) => {
  expect(twilio.settings.safeParse({ accountSid: ACCOUNT, secret: SECRET, ...given }).success).toBe(false);
});
