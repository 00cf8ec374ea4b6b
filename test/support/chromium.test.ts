import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, launch, watch } from './chromium.ts';

const GOOD = '<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1></main></html>';
const BAD = `<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>
<input><script>document.title = 'ran'</script><img alt="" src="/gone.png"><img alt="" src="http://outside.invalid/x.png"></main></html>`;

let browser: Browser;
let server: Server;
let origin: string;

beforeAll(async () => {
  browser = await launch();
  server = createServer((request, response) => {
    if (request.url === '/gone.png') return response.writeHead(404).end();
    const csp = "default-src 'none'; img-src *";
    response.writeHead(request.url === '/error' ? 400 : 200, {
      'content-type': 'text/html',
      'content-security-policy': csp,
    });
    response.end(request.url === '/bad' ? BAD : GOOD);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

async function visit(path: string) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const { problems } = watch(page);
  await page.goto(origin + path, { waitUntil: 'load' });
  const found = { problems: [...problems], violations: await axe(page), title: await page.title() };
  await context.close();
  return found;
}

describe('the watched browser', () => {
  it('finds nothing on a clean page, nor on an error page', async () => {
    expect(await visit('/')).toEqual({ problems: [], violations: [], title: 'A page' });
    expect(await visit('/error')).toEqual({ problems: [], violations: [], title: 'A page' });
  });

  it('names violations of CSP, of accessibility, missing files and requests that leave the machine', async () => {
    const { problems, violations, title } = await visit('/bad');
    const kinds = new Set(problems.map((problem) => problem.split(':')[0]));
    expect(kinds).toEqual(new Set(['csp', 'status', 'external', 'failed']));
    expect(violations).toEqual([expect.stringMatching(/^label \(critical\): input: /)]);
    expect(title).toBe('A page');
  });
});
