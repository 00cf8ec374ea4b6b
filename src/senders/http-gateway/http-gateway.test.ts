import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { offline } from '../../../test/support/outside.ts';
import { startGateway } from './double.ts';
import gatewayModule from './index.ts';
import { fillIn, type Values } from './templates.ts';

const HOSTILE = `"\\</to>&to=1;{to}{id}\r\nX-Evil: 1 %0a$&é學🎓`;
const MESSAGE = { channel: 'text', to: '+85291234567', text: HOSTILE } as const;

async function open(given: object | ((url: string) => object)) {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close().catch(() => undefined));
  const settings = gatewayModule.settings.parse({
    url: `${gateway.url}/send`,
    ...(typeof given === 'function' ? given(gateway.url) : given),
  });
  const ports = { now: Date.now, random: (n: number) => new Uint8Array(n).fill(0xab), fetch, log: offline.log };
  return { gateway, sender: gatewayModule.create(settings, ports) };
}

describe('a request', () => {
  it('has a form with each value in its field', async () => {
    const { gateway, sender } = await open({
      contentType: 'application/x-www-form-urlencoded',
      body: 'to={digits}&text={text}&ref={id}',
    });
    await sender.send(MESSAGE);
    const [asked] = gateway.asked;
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect([...new URLSearchParams(asked?.body)]).toEqual([
      ['to', '85291234567'],
      ['text', HOSTILE],
      ['ref', 'ab'.repeat(12)],
    ]);
  });

  it('has JSON with each value in its text', async () => {
    const { gateway, sender } = await open({ body: '{"messages":[{"to":"{to}","text":"{text}"}],"flash":false}' });
    await sender.send(MESSAGE);
    const expected = { messages: [{ to: '+85291234567', text: HOSTILE }], flash: false };
    expect(JSON.parse(gateway.asked[0]?.body ?? '')).toEqual(expected);
  });

  it('has XML with each value in its element', async () => {
    const { gateway, sender } = await open({
      contentType: 'text/xml; charset=utf-8',
      body: '<message to="{to}"><text>{text}</text></message>',
    });
    await sender.send(MESSAGE);
    const { body = '' } = gateway.asked[0] ?? {};
    expect(body.match(/[<>]/g)).toHaveLength(8);
    expect(body).toContain('&quot;\\&lt;/to&gt;&amp;to=1;{to}{id}');
  });

  it('has an address with each value in its place', async () => {
    const { gateway, sender } = await open((at) => ({ method: 'GET', url: `${at}/{digits}/send?text={text}&key=k` }));
    expect(await sender.send(MESSAGE)).toEqual({ ok: true });
    const asked = new URL(gateway.asked[0]?.path ?? '', gateway.url);
    expect(asked.pathname).toBe('/85291234567/send');
    expect([...asked.searchParams]).toEqual([
      ['text', HOSTILE],
      ['key', 'k'],
    ]);
  });

  it('has headers that no value can add to', async () => {
    const { gateway, sender } = await open({
      body: '{"to":"{to}","text":"{text}"}',
      headers: { authorization: 'Bearer secret', 'x-text': '{text}' },
    });
    await sender.send(MESSAGE);
    expect(gateway.asked[0]?.headers).toMatchObject({ authorization: 'Bearer secret' });
    expect(gateway.asked[0]?.headers['x-evil']).toBeUndefined();
  });
});

describe('success', () => {
  const body = '{"to":"{to}","text":"{text}"}';
  it.each([
    ['2xx by default', {}, 204, '', true],
    ['no other status', {}, 302, '', false],
    ['a status that is listed', { status: [202] }, 202, '', true],
    ['none that is not', { status: [202] }, 200, '', false],
    ['what the answer contains', { contains: 'OK' }, 200, '0 OK', true],
    ['what it does not contain', { contains: 'OK' }, 200, 'ERR', false],
    ['what it lacks', { lacks: 'ERR' }, 200, 'ERR 5', false],
  ])('is told by %s', async (_case, success, status, text, ok) => {
    const { gateway, sender } = await open({ body, success });
    gateway.answer = { status, body: text };
    expect((await sender.send(MESSAGE)).ok).toBe(ok);
  });

  it('is unsure after a fault of theirs', async () => {
    const { gateway, sender } = await open({ body });
    gateway.answer = { status: 502, body: '' };
    expect(await sender.send(MESSAGE)).toEqual({ ok: false, reason: 'status 502', unsure: true });
  });
});

it.each([
  ['a placeholder that stands for nothing', { url: 'https://g.example/?t={text}&to={number}', method: 'GET' }],
  ['a host that a value chooses', { url: 'https://{to}.example/{text}', method: 'GET' }],
  ['another scheme', { url: 'file:///{to}/{text}' }],
  ['no text', { url: 'https://g.example/{to}' }],
  ['no number', { url: 'https://g.example/', body: '{text}' }],
  ['a body in a GET', { url: 'https://g.example/{to}{text}', method: 'GET', body: 'x' }],
  ['a body of unknown kind', { url: 'https://g.example/', body: '{to}{text}', contentType: 'image/png' }],
  ['a header that is none', { url: 'https://g.example/', body: '{to}{text}', headers: { 'a b': 'c' } }],
])('settings with %s are refused', (_case, given) => {
  expect(gatewayModule.settings.safeParse(given).success).toBe(false);
});

describe('values', () => {
  const values = (text: string): Values => ({ to: '+85291234567', digits: '85291234567', text, id: '0' });
  const anyText = fc.string({ unit: 'grapheme', maxLength: 60 });

  it('come back as they were, out of JSON, a form and an address', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(JSON.parse(fillIn('{"a":["{text}"]}', values(text), 'json'))).toEqual({ a: [text] });
        expect(new URLSearchParams(fillIn('a={text}&b=1', values(text), 'form')).getAll('a')).toEqual([text]);
        const url = new URL(fillIn('https://g.example/{text}?a={text}', values(text), 'url'));
        expect(url.searchParams.get('a')).toBe(text);
        expect(url.host).toBe('g.example');
      }),
    );
  });

  it('never bring markup into XML, or a line into a header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(fillIn('{text}', values(text), 'xml')).not.toMatch(/[<>"']/);
        expect(fillIn('{text}', values(text), 'header')).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});
