import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DENIED, type Scene, stage } from './testing/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await stage();
});
beforeEach(() => {
  scene.events.length = 0;
  delete scene.validity.until;
});
afterAll(() => scene.close());

const audited = () => scene.events.map(({ event, application }) => `${event} ${application}`).sort();

async function end(...applications: string[]) {
  const client = await scene.member(...applications);
  const indexes = applications.map((it): [string, string] => [it, scene.idsOf(client, it).index]);
  return scene.logout.signOut({ account: 'person', applications: new Map(indexes) });
}

/** A service provider that answers with what `answer` makes of the request's ID. */
function answers(answer: (id: string) => string, status = 200) {
  const calls: { url: string; body: string; headers: Headers }[] = [];
  scene.outside.fetch = async (url, init) => {
    const body = String(init?.body);
    calls.push({ url: String(url), body, headers: new Headers(init?.headers) });
    return new Response(answer(/<samlp:LogoutRequest[^>]* ID="([^"]+)"/.exec(body)?.[1] ?? ''), { status });
  };
  return calls;
}

const right = (id: string) => scene.bySoap('gamma', scene.response('gamma', id));

describe('logout from server to server', () => {
  it('sends a signed request in an envelope and believes a signed answer', async () => {
    const calls = answers(right);
    expect(await end('gamma')).toEqual({ unreached: [], byBrowser: [] });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.url).toBe('https://gamma.example/soap');
    expect(calls[0]?.headers.get('content-type')).toMatch(/^text\/xml/);
    expect(calls[0]?.body).toMatch(/^<soap:Envelope[^>]*><soap:Body><samlp:LogoutRequest.*<ds:SignatureValue>/);
    expect(audited()).toEqual(['logout.application gamma']);
  });

  it('sorts those that it can’t reach by whether a browser can', async () => {
    answers(right);
    expect(await end('alpha', 'beta', 'gamma', 'delta')).toEqual({
      unreached: ['delta'],
      byBrowser: ['alpha', 'beta'],
    });
    expect(audited()).toEqual(['logout.application gamma', 'logout.unreached delta']);
  });

  it('counts one that it knows nothing of, or whose metadata has expired, as unreached', async () => {
    answers(right);
    expect(await end('unknown')).toEqual({ unreached: ['unknown'], byBrowser: [] });
    scene.validity.until = scene.clock.now;
    expect(await end('gamma')).toEqual({ unreached: ['gamma'], byBrowser: [] });
    delete scene.validity.until;
  });

  it('passes over one that was never issued anything', async () => {
    const calls = answers(right);
    const never = { account: 'person', applications: new Map([['gamma', 'no-such-index']]) };
    expect(await scene.logout.signOut(never)).toEqual({ unreached: [], byBrowser: [] });
    expect(calls).toEqual([]);
    expect(audited()).toEqual([]);
  });

  it.each<[string, (id: string) => string, number?]>([
    ['an error', right, 500],
    ['a redirect', right, 302],
    ['a refusal', (id) => scene.bySoap('gamma', scene.response('gamma', id, DENIED))],
    ['an answer to something else', () => scene.bySoap('gamma', scene.response('gamma', '_other'))],
    ['another service provider’s answer', (id) => scene.bySoap('alpha', scene.response('alpha', id))],
    ['an answer signed by another', (id) => scene.bySoap('alpha', scene.response('gamma', id))],
    ['no XML', () => 'Thank you for your request'],
    ['more than it reads', () => 'x'.repeat(300 * 1024)],
  ])('leaves it to the browser after %s', async (_what, answer, status) => {
    answers(answer, status);
    expect(await end('gamma')).toEqual({ unreached: [], byBrowser: ['gamma'] });
    expect(audited()).toEqual([]);
  });

  it('leaves it to the browser where nobody answers, and gives up by itself', async () => {
    let patience: AbortSignal | null | undefined;
    scene.outside.fetch = async (_url, init) => {
      patience = init?.signal;
      throw new TypeError('fetch failed');
    };
    expect(await end('gamma')).toEqual({ unreached: [], byBrowser: ['gamma'] });
    expect(patience).toBeInstanceOf(AbortSignal);
  });
});
