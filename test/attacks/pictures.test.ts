import { createServer, type RequestListener, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { freePort } from '../support/ports.ts';
import { stage } from '../support/scene.ts';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

const port = await freePort();
const site = `http://127.0.0.1:${port}`;
let server: Server;
let asked: string[] = [];
let answer: RequestListener = (_req, res) => void res.end(PIXEL);

beforeAll(async () => {
  server = createServer((req, res) => {
    asked.push(req.url ?? '');
    answer(req, res);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  answer = (_req, res) => void res.end(PIXEL);
});

const applications = (paths: readonly string[]) =>
  Object.fromEntries(
    paths.map((path) => [
      path,
      { name: path, icon: `${site}/${path}`, oidc: { redirectUris: [`https://${path}.example/callback`] } },
    ]),
  );

/** Addresses of the pictures on the page that lists applications, by the first letters of their names. */
async function pictures(url: string): Promise<Map<string, string>> {
  const { body } = await new Client().get(`${url}/applications`);
  const found = [...body.matchAll(/<img src="(\/pictures\/[^"]+)"/g)].map(([, path = '']) => path);
  const named = found.map(
    (path) =>
      [
        new URL(Buffer.from(path.split('/')[2]?.split('.')[0] ?? '', 'base64url').toString()).pathname.slice(1),
        `${url}${path}`,
      ] as const,
  );
  return new Map(named);
}

describe('a picture that somebody else serves', () => {
  const names = ['good', 'svg', 'large', 'moved', 'gone', 'many', 'slow', 'typed'];
  const scene = stage(() => ({
    config: { applications: applications(names), allowedPrivateNetworks: ['127.0.0.1'] },
  }));

  it('is served here, as what it is, and fetched once', async () => {
    const address = (await pictures(scene.gateway.url)).get('good') ?? '';
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(address)));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(Buffer.from(await (answers[0] as Response).arrayBuffer())).toEqual(PIXEL);
    expect(answers[0]?.headers.get('content-type')).toBe('image/png');
    expect(answers[0]?.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answers[0]?.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(asked).toEqual(['/good']);
  });

  it.each<[string, RequestListener]>([
    [
      'svg',
      (_req, res) =>
        void res
          .setHeader('content-type', 'image/png')
          .end('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    ],
    [
      'typed',
      (_req, res) =>
        void res.setHeader('content-type', 'image/png').end('<!doctype html><script>alert(document.domain)</script>'),
    ],
    ['large', (_req, res) => void res.end(Buffer.concat([PIXEL, Buffer.alloc(200_000)]))],
    ['moved', (_req, res) => void res.writeHead(302, { location: `${site}/elsewhere` }).end()],
    ['gone', (_req, res) => void res.writeHead(500).end(PIXEL)],
  ])('is no picture: %s; and isn’t asked for again at once', async (name, listener) => {
    answer = listener;
    const address = (await pictures(scene.gateway.url)).get(name) ?? '';
    const first = await fetch(address);
    expect(first.status).toBe(404);
    expect(await first.text()).not.toContain('alert');
    answer = (_req, res) => void res.end(PIXEL);
    expect((await fetch(address)).status).toBe(404);
    expect(asked).toEqual([`/${name}`]);
    scene.gateway.advance(11 * 60_000);
    expect((await fetch(address)).status).toBe(200);
  });

  it('is none that the gateway didn’t name itself: nobody has it fetch what they like', async () => {
    const address = (await pictures(scene.gateway.url)).get('many') ?? '';
    const [, mac = ''] = address.split('/').at(-1)?.split('.') ?? [];
    const forged = [
      `${Buffer.from(`${site}/secret`).toString('base64url')}.${mac}`,
      `${Buffer.from(`${site}/secret`).toString('base64url')}.`,
      `${Buffer.from(`${site}/secret`).toString('base64url')}`,
      `.${mac}`,
      `${'A'.repeat(5_000)}.${mac}`,
    ];
    for (const name of forged) expect((await fetch(`${scene.gateway.url}/pictures/${name}`)).status).toBe(404);
    expect(asked).toEqual([]);
  });

  it('that doesn’t come keeps nobody from signing in', async () => {
    answer = () => undefined;
    const address = (await pictures(scene.gateway.url)).get('slow') ?? '';
    const leaving = new AbortController();
    const waiting = Array.from({ length: 50 }, () => fetch(address, { signal: leaving.signal }).catch(() => undefined));
    const { status } = await new Client().get(`${scene.gateway.url}/`);
    expect(status).toBe(200);
    leaving.abort();
    await Promise.all(waiting);
    expect(asked).toEqual(['/slow']);
  });
});

describe('a picture at an address that isn’t public', () => {
  const scene = stage(() => ({ config: { applications: applications(['inside']), allowedPrivateNetworks: [] } }));

  it('isn’t fetched', async () => {
    const address = (await pictures(scene.gateway.url)).get('inside') ?? '';
    expect((await fetch(address)).status).toBe(404);
    expect(asked).toEqual([]);
    expect(scene.gateway.logs.find(({ message }) => message === 'a picture was not had')?.fields).toMatchObject({
      reason: expect.stringContaining("isn't public"),
    });
  });
});
