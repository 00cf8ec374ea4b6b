import { createCipheriv, createECDH, createPrivateKey, generateKeyPairSync, hkdfSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PushService, type Subscriber, startPushService } from './push-service.ts';
import { decrypt, receiverKeys, vapidOf } from './web-push.ts';

const bytes = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'base64url');

/** RFC 8291, section 5 and appendix A. */
const RFC = {
  plaintext: 'When I grow up, I want to be a watermelon',
  auth: bytes('BTBZMqHH6r4Tts7J_aSIgg'),
  privateKey: bytes('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94'),
  publicKey: bytes('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx aOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
  message: bytes(`
    DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml
    mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT
    pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN`),
};

describe('decryption', () => {
  const keys = receiverKeys(RFC.auth, RFC.privateKey);

  it('opens the message of RFC 8291', () => {
    expect(keys.ecdh.getPublicKey()).toEqual(RFC.publicKey);
    expect(decrypt(RFC.message, keys).toString()).toBe(RFC.plaintext);
  });

  it.each([
    ['salt', 0],
    ['sender', 60],
    ['ciphertext', 100],
    ['tag', RFC.message.length - 1],
  ])('refuses one whose %s was changed', (_part, at) => {
    const changed = Buffer.from(RFC.message);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => decrypt(changed, keys)).toThrow();
  });

  it('refuses one for somebody else, or cut short', () => {
    expect(() => decrypt(RFC.message, receiverKeys(RFC.auth))).toThrow();
    expect(() => decrypt(RFC.message, receiverKeys(Buffer.alloc(16), RFC.privateKey))).toThrow();
    expect(() => decrypt(RFC.message.subarray(0, 20), keys)).toThrow(/no header/);
    expect(() => decrypt(RFC.message.subarray(0, 80), keys)).toThrow(/no uncompressed point/);
  });
});

/** The example of RFC 8292, section 2.4, with its time. */
const EXAMPLE = {
  token:
    'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA',
  key: 'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs',
  now: 1_453_523_768_000 - 3_600_000,
};

describe('VAPID', () => {
  const authorization = `vapid t=${EXAMPLE.token}, k=${EXAMPLE.key}`;

  it('takes the example of RFC 8292', () => {
    expect(vapidOf(authorization, 'https://push.example.net', EXAMPLE.now).claims).toEqual({
      aud: 'https://push.example.net',
      exp: 1_453_523_768,
      sub: 'mailto:push@example.com',
    });
  });

  it.each([
    ['for another service', authorization, 'https://push.example.org', EXAMPLE.now],
    ['over', authorization, 'https://push.example.net', EXAMPLE.now + 3_600_000],
    ['for more than a day', authorization, 'https://push.example.net', EXAMPLE.now - 86_400_000],
    ['of another scheme', `Bearer ${EXAMPLE.token}`, 'https://push.example.net', EXAMPLE.now],
    ['changed', authorization.replace('.i3CY', '.j3CY'), 'https://push.example.net', EXAMPLE.now],
    ['without a key', `vapid t=${EXAMPLE.token}`, 'https://push.example.net', EXAMPLE.now],
  ])('refuses a token that is %s', (_why, given, audience, now) => {
    expect(() => vapidOf(given, audience, now)).toThrow();
  });
});

/** A sender of a dozen lines: what RFC 8291 asks for, and no more. */
function encrypt(text: string, { subscription: { keys } }: Subscriber): Buffer {
  const sender = createECDH('prime256v1');
  sender.generateKeys();
  const receiver = Buffer.from(keys.p256dh, 'base64url');
  const salt = Buffer.alloc(16, 7);
  const derive = (secret: Buffer, using: Buffer, info: string | Buffer, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, using, info, length));
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), receiver, sender.getPublicKey()]);
  const ikm = derive(sender.computeSecret(receiver), Buffer.from(keys.auth, 'base64url'), info, 32);
  const cipher = createCipheriv(
    'aes-128-gcm',
    derive(ikm, salt, 'Content-Encoding: aes128gcm\0', 16),
    derive(ikm, salt, 'Content-Encoding: nonce\0', 12),
  );
  const size = Buffer.from([0, 0, 16, 0, 65]);
  const sealed = Buffer.concat([cipher.update(text), cipher.update(Buffer.from([2, 0, 0])), cipher.final()]);
  return Buffer.concat([salt, size, sender.getPublicKey(), sealed, cipher.getAuthTag()]);
}

describe('the push service', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
  const key = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString(
    'base64url',
  );
  let service: PushService;

  beforeAll(async () => {
    service = await startPushService();
  });
  afterAll(() => service.close());

  function authorization(aud = service.origin): string {
    const claims = { aud, exp: Math.floor(Date.now() / 1000) + 600, sub: 'mailto:a@b.example' };
    const signed = [{ typ: 'JWT', alg: 'ES256' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const privateKey = createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `vapid t=${signed}.${signature.toString('base64url')}, k=${key}`;
  }

  function send(to: Subscriber, headers: Record<string, string> = {}, body = encrypt('hello', to)): Promise<Response> {
    const usual = { ttl: '60', urgency: 'high', authorization: authorization(), 'content-encoding': 'aes128gcm' };
    return fetch(to.subscription.endpoint, {
      method: 'POST',
      headers: { ...usual, ...headers },
      body: new Uint8Array(body),
    });
  }

  it('takes a message, opens it, and says so', async () => {
    const phone = service.subscribe(key);
    const next = phone.next();
    const answer = await send(phone, { topic: 'a-topic' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toMatch(`${service.origin}/message/`);
    expect(await next).toMatchObject({ body: 'hello', ttl: 60, urgency: 'high', topic: 'a-topic', vapid: { key } });
  });

  it('replaces what has the same topic, and delivers it all the same', async () => {
    const phone = service.subscribe();
    for (const [text, topic] of [
      ['one', 't'],
      ['two', 't'],
      ['three', 'u'],
    ] as const) {
      await send(phone, { topic }, encrypt(text, phone));
    }
    expect(phone.messages.map(({ body }) => body)).toEqual(['two', 'three']);
    expect((await phone.next()).body).toBe('one');
  });

  it.each([
    ['no TTL', 400, { ttl: 'soon' }],
    ['an urgency of its own', 400, { urgency: 'now' }],
    ['a topic that is too long', 400, { topic: 't'.repeat(33) }],
    ['another encoding', 400, { 'content-encoding': 'aesgcm' }],
    ['no VAPID', 403, { authorization: 'Bearer a' }],
  ])('refuses %s', async (_what, status, headers) => {
    const phone = service.subscribe();
    expect((await send(phone, headers)).status).toBe(status);
    expect(phone.messages).toEqual([]);
    expect(phone.posts).toBe(1);
  });

  it('refuses what it cannot open, what is too long, another key, another audience', async () => {
    const phone = service.subscribe(key);
    expect((await send(phone, {}, encrypt('hello', service.subscribe()))).status).toBe(400);
    expect((await send(phone, {}, Buffer.alloc(5000))).status).toBe(413);
    expect((await send(service.subscribe(EXAMPLE.key))).status).toBe(403);
    expect((await send(phone, { authorization: authorization('https://push.example.net') })).status).toBe(403);
    expect(phone.messages).toEqual([]);
  });

  it('answers as it was told, and knows nothing of others', async () => {
    const phone = service.subscribe();
    for (const status of [410, 404, 503, 201]) {
      phone.answer(status);
      expect((await send(phone)).status).toBe(status);
    }
    const gone = service.subscribe();
    const nobody = { ...gone, subscription: { ...gone.subscription, endpoint: `${service.origin}/send/nobody` } };
    expect((await send(nobody)).status).toBe(404);
  });
});
