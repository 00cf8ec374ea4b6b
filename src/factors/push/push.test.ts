import { describe, expect, it } from 'vitest';
import { SallyportError } from '../../core/errors.ts';
import type { NumberPrompt, WaitPrompt } from '../../core/prompt.ts';
import push from './index.ts';
import { ada, ISSUER, open } from './testing/fixture.ts';
import type { Phone } from './testing/phone.ts';

const SECOND = 1000;
const MINUTE = 60_000;

const number = ({ prompt }: { prompt: unknown }) => (prompt as NumberPrompt).number;
const text = (it: { prompt?: unknown }) => (it.prompt as WaitPrompt | undefined)?.text.key;

describe('a request', () => {
  it('is sent once, however often its sign-in asks, and shows the same number', async () => {
    const { enrolled, challenge, posted } = await open();
    await enrolled();
    const all = await Promise.all(Array.from({ length: 50 }, () => challenge()));
    expect(new Set(all.map(number)).size).toBe(1);
    expect(posted).toHaveLength(1);
    expect((await challenge('two')).prompt).toMatchObject({ kind: 'wait', text: { key: 'other' } });
  });

  it('says what the phone is to show, and nothing of the number', async () => {
    const { enrolled, challenge, posted, factor, mine } = await open(
      {},
      {
        nameOf: () => ({ en: 'Payroll' }),
        locate: (ip, locale) => `${ip} in ${locale}`,
      },
    );
    const { phone } = await enrolled();
    const browser = { ip: '203.0.113.9', userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36' };
    const asked = await challenge('one', { browser });
    const request = await phone.request();
    expect(request).toMatchObject({ application: { en: 'Payroll' }, username: 'ada', address: '203.0.113.9' });
    expect(request).toMatchObject({ place: '203.0.113.9 in en' });
    expect(request).toMatchObject({ browser: 'Chrome', system: 'Linux' });
    expect(JSON.stringify(request)).not.toContain(`"${number(asked)}"`);
    expect(posted[0]?.headers.get('ttl')).toBe('60');
    expect(factor.usable(asked as never, mine())).toBe(true);
  });

  it('draws numbers of two digits, any of them', async () => {
    const { enrolled, challenge, verify, clock } = await open();
    const { phone } = await enrolled();
    const seen = new Set<string>();
    for (let at = 0; at < 60; at += 1) {
      const asked = await challenge(`sign-in ${at}`);
      seen.add(number(asked));
      await phone.approve(number(asked));
      expect(await verify(asked.pending)).toMatchObject({ outcome: 'proved' });
      clock.pass(2 * SECOND);
    }
    expect([...seen].every((it) => /^[1-9][0-9]$/.test(it))).toBe(true);
    expect(seen.size).toBeGreaterThan(30);
  });

  it('proves possession by a key of the phone’s, and no more', async () => {
    const { enrolled, challenge, verify } = await open();
    const { phone, credential } = await enrolled();
    const asked = await challenge();
    await phone.approve(number(asked));
    expect(await verify(asked.pending)).toMatchObject({
      outcome: 'proved',
      proof: { amr: ['swk', 'pop'], kinds: ['possession'], phishingResistant: false, attested: false },
      update: { credential: credential()[0]?.id },
    });
    expect(await verify(asked.pending)).toMatchObject({ outcome: 'waiting', prompt: { text: { key: 'over.gone' } } });
  });

  it('that was approved is fetched once of a hundred times, and within a minute', async () => {
    const { enrolled, challenge, verify, clock } = await open();
    const { phone } = await enrolled();
    const asked = await challenge();
    await phone.approve(number(asked));
    const all = await Promise.all(Array.from({ length: 100 }, () => verify(asked.pending)));
    expect(all.filter(({ outcome }) => outcome === 'proved')).toHaveLength(1);
    const late = await challenge('late');
    await phone.approve(number(late));
    clock.pass(61 * SECOND);
    expect(await verify(late.pending)).toMatchObject({ outcome: 'waiting' });
  });

  it('is nobody’s who asked for another one, or as somebody else', async () => {
    const { enrolled, challenge, factor, mine } = await open();
    const { phone } = await enrolled();
    const asked = await challenge();
    await phone.approve(number(asked));
    const eve = { id: 'eve' } as never;
    expect(await factor.verify(asked.pending, mine(), {}, eve)).toMatchObject({ outcome: 'refused' });
    expect(await factor.verify(asked.pending, mine(), {}, undefined)).toMatchObject({ outcome: 'refused' });
    expect(await factor.verify(asked.pending, [], {}, ada)).toMatchObject({ reason: 'changed' });
  });
});

describe('waiting', () => {
  it('doubles with each request that nobody approves, up to an hour, and ends with an approval', async () => {
    const { enrolled, challenge, clock, verify } = await open();
    const { phone } = await enrolled();
    const waits: number[] = [];
    for (let at = 0; at < 12; at += 1) {
      const asked = await challenge(`sign-in ${at}`);
      expect(asked.prompt.kind).toBe('number');
      clock.pass(MINUTE);
      const { prompt } = await challenge(`other ${at}`);
      const after = (prompt as WaitPrompt).resend?.after ?? 0;
      waits.push((after - clock.now()) / SECOND);
      clock.pass(after - clock.now());
    }
    expect(waits).toEqual([20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600, 3600]);
    const last = await challenge('last');
    await phone.approve(number(last));
    await verify(last.pending);
    expect((await challenge('next')).prompt.kind).toBe('number');
  });

  it('is asked of “Send again” as well, which then ends the request before', async () => {
    const { enrolled, challenge, clock, factor, mine, posted } = await open();
    const { phone } = await enrolled();
    const asked = await challenge();
    const { id } = await phone.request();
    const context = { signIn: 'one' };
    const early = await factor.resends?.resend(asked.pending, ada, mine(), context);
    expect(early).toMatchObject({ outcome: 'refused', message: { key: 'wait.seconds', values: { count: 20 } } });
    clock.pass(20 * SECOND);
    const next = await factor.resends?.resend(asked.pending, ada, mine(), context);
    if (next === undefined || 'outcome' in next) throw new Error('it was refused');
    expect(posted).toHaveLength(2);
    expect((await phone.answer(id, 'approve', number(asked))).status).toBe(410);
    expect((await phone.approve(number(next))).json).toEqual({ outcome: 'approved' });
  });

  it('begins after a denial, from then on', async () => {
    const { enrolled, challenge, clock, verify } = await open();
    const { phone } = await enrolled();
    const asked = await challenge();
    clock.pass(50 * SECOND);
    await phone.decline('cancel');
    const over = await verify(asked.pending);
    expect(over).toMatchObject({ outcome: 'waiting', prompt: { resend: { after: clock.now() + 20 * SECOND } } });
    expect(text(over as { prompt?: unknown })).toBe('over.cancelled');
  });

  it('is spared whoever gives a code of the app', async () => {
    const { enrolled, challenge, clock, verify } = await open();
    const { phone } = await enrolled();
    for (let at = 0; at < 3; at += 1) {
      await challenge(`sign-in ${at}`);
      clock.pass(10 * MINUTE);
    }
    const asked = await challenge('code');
    expect(await verify(asked.pending, { code: phone.code() })).toMatchObject({
      outcome: 'proved',
      proof: { amr: ['otp'] },
    });
    expect((await challenge('next')).prompt.kind).toBe('number');
  });
});

describe('“it’s not me”', () => {
  it('suspends all of the account’s phones, and reports, before the phone is answered', async () => {
    const { enrolled, challenge, audited, reported, factor, mine, clock } = await open();
    const [first, second] = [await enrolled(), await enrolled()];
    await challenge('one', { browser: { ip: '203.0.113.9', userAgent: 'curl' } });
    const asked = clock.now();
    expect((await first.phone.decline('not-me')).json).toEqual({ outcome: 'reported' });
    expect(reported).toEqual([
      { what: 'request', at: asked, factor: 'push', application: 'payroll', ip: '203.0.113.9', userAgent: 'curl' },
    ]);
    expect(audited.map(({ event }) => event)).toEqual(['push.requested', 'push.denied', 'push.suspended']);
    expect(factor.usable({} as never, mine())).toBe(false);
    expect((await second.phone.pending()).json).toMatchObject({ requests: [] });
    await factor.holdsBack?.release('ada');
    expect(factor.usable({} as never, mine())).toBe(true);
    expect(audited.at(-1)).toEqual({ event: 'push.released', account: 'ada', devices: 2 });
    await factor.holdsBack?.release('ada');
    expect(audited.filter(({ event }) => event === 'push.released')).toHaveLength(1);
  });

  it('is no word of a phone that a report has suspended, which is asked nothing and proves nothing', async () => {
    const { enrolled, challenge, verify, kept, reported, audited, factor, mine } = await open();
    const { phone } = await enrolled();
    const asked = await challenge();
    const { id } = await phone.request();
    kept.splice(0, 1, ...kept.slice(0, 1).map((one) => ({ ...one, suspendedAt: 1 })));
    expect(factor.usable({} as never, mine())).toBe(false);
    expect((await phone.pending()).json).toMatchObject({ requests: [] });
    for (const decision of ['not-me', 'cancel'] as const) expect((await phone.answer(id, decision)).status).toBe(410);
    expect(reported).toEqual([]);
    expect(audited.map(({ event }) => event)).toEqual(['push.requested']);
    expect(await verify(asked.pending, { code: phone.code() })).toMatchObject({ outcome: 'refused' });
  });

  it('can be said again where it could not be brought about', async () => {
    let away = true;
    const reports: string[] = [];
    const { enrolled, challenge } = await open({}, {}, async (account) => {
      if (away) throw new SallyportError('ERR_STORE_UNAVAILABLE', 'away');
      reports.push(account);
    });
    const { phone } = await enrolled();
    await challenge();
    const { id } = await phone.request();
    await expect(phone.answer(id, 'not-me')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    away = false;
    // Suspended already; what failed can only be the report, which is made again.
    expect((await phone.answer(id, 'not-me')).json).toEqual({ outcome: 'reported' });
    expect(reports).toEqual(['ada']);
  });

  it('said again tells that phones are suspended, where the audit was away', async () => {
    const audited: string[] = [];
    let away = 'push.suspended';
    const { enrolled, challenge } = await open(
      {},
      {
        async audit({ event }) {
          if (event === away) throw new SallyportError('ERR_STORE_UNAVAILABLE', 'away');
          audited.push(event);
        },
      },
    );
    const { phone } = await enrolled();
    await challenge();
    const { id } = await phone.request();
    await expect(phone.answer(id, 'not-me')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    away = '';
    expect((await phone.answer(id, 'not-me')).json).toEqual({ outcome: 'reported' });
    expect(audited.filter((event) => event === 'push.suspended')).toHaveLength(1);
  });

  it('is made again where nobody could undo the answer', async () => {
    const reports: string[] = [];
    const { enrolled, challenge, verify, ports } = await open({}, {}, async (account) => {
      if (reports.push(account) > 1) return;
      // The next change of the request is the one that undoes it: as if the process ended here.
      const { swap } = ports.exchange;
      Object.assign(ports.exchange, {
        swap: async () => {
          Object.assign(ports.exchange, { swap });
          throw new SallyportError('ERR_STORE_UNAVAILABLE', 'away');
        },
      });
      throw new SallyportError('ERR_STORE_UNAVAILABLE', 'away');
    });
    const { phone } = await enrolled();
    const another = await enrolled();
    const asked = await challenge();
    const { id } = await phone.request();
    await expect(phone.answer(id, 'not-me')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    for (const one of [phone, another.phone]) expect((await one.answer(id, 'approve', number(asked))).status).toBe(410);
    expect(await verify(asked.pending)).toMatchObject({ outcome: 'refused', reason: 'reported' });
    expect((await another.phone.answer(id, 'not-me')).status).toBe(410);
    expect((await phone.answer(id, 'not-me')).json).toEqual({ outcome: 'reported' });
    expect(reports).toEqual(['ada', 'ada']);
  });
});

describe('a store that is away', () => {
  it('approves nothing and sends nothing', async () => {
    const gone = () => Promise.reject(new SallyportError('ERR_STORE_UNAVAILABLE', 'away'));
    const away = { get: gone, add: gone, take: gone, swap: gone, changed: gone };
    const { enrolled, challenge, verify, ports, posted, factor, mine } = await open();
    const { phone } = await enrolled();
    const asked = await challenge();
    const { id } = await phone.request();
    Object.assign(ports.exchange, away);
    await expect(phone.answer(id, 'approve', number(asked))).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await expect(verify(asked.pending)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await expect(factor.challenge(ada, mine(), {})).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
    });
    expect(posted).toHaveLength(1);
  });
});

describe('a subscription', () => {
  it.each([404, 410])('that is over (%i) is retired, and the page says what to do', async (status) => {
    const { enrolled, challenge, service, kept, posted, audited } = await open();
    await enrolled();
    service.status = status;
    const { prompt } = await challenge();
    expect(prompt).toMatchObject({ kind: 'number', note: { key: 'note.retired' }, text: { key: 'text.open' } });
    expect(kept[0]?.data).toMatchObject({ subscription: null, retired: expect.any(Number) });
    expect(audited.map(({ event }) => event)).toEqual(['push.retired', 'push.requested']);
    expect(posted).toHaveLength(1);
  });

  it('that is over makes way for the next phone’s, in the same breath', async () => {
    const statuses = [410, 201];
    const fetched = async () => new Response(null, { status: statuses.shift() ?? 500 });
    const { enrolled, challenge, kept } = await open({}, { fetch: fetched });
    await enrolled(ada, { name: 'Old' });
    await enrolled(ada, { name: 'New' });
    expect((await challenge()).prompt).toMatchObject({ text: { key: 'text.sent', values: { name: 'New' } } });
    expect(kept.map(({ data }) => data.subscription === null)).toEqual([true, false]);
  });

  it.each([400, 401, 429, 500, 503])('stays where its service answers %i', async (status) => {
    const { enrolled, challenge, service, kept } = await open();
    await enrolled();
    service.status = status;
    expect((await challenge()).prompt).toMatchObject({ note: { key: 'note.unreached' } });
    expect(kept[0]?.data.subscription).not.toBeNull();
  });

  it('that nobody gave is not missed', async () => {
    const { enrolled, challenge, verify, posted } = await open();
    const { phone } = await enrolled(undefined, { silent: true });
    const asked = await challenge();
    expect(asked.prompt).toMatchObject({ note: { key: 'note.unsubscribed' } });
    await phone.approve(number(asked));
    expect(await verify(asked.pending)).toMatchObject({ outcome: 'proved' });
    expect(posted).toEqual([]);
  });

  it('whose service is listed no more gets nothing', async () => {
    const { enrolled, posted, ports, mine } = await open();
    await enrolled();
    const narrower = push.create(push.settings.parse({ services: ['push.example.org'] }), ports);
    await narrower.runs?.start();
    await narrower.challenge(ada, mine(), { signIn: 'one' });
    expect(posted).toEqual([]);
  });
});

describe('the key of the service', () => {
  it('is the same on all nodes, and in the place of none that was there', async () => {
    const { ports, call, factor } = await open();
    const said = async (): Promise<unknown> => (await call(`${ISSUER}/authenticator/api/service`, undefined)).json;
    const before = await said();
    const others = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const other = push.create(push.settings.parse({}), ports);
        await other.runs?.start();
        const route = other.serves?.routes.find(({ path }) => path === '/api/service');
        return route?.handle({ body: undefined, address: '' });
      }),
    );
    for (const other of others) expect(other).toEqual({ json: before });
    expect(before).toEqual({
      issuer: ISSUER,
      name: 'Example University',
      vapid: expect.any(String),
      locales: ['en'],
      now: expect.any(Number),
    });
    await factor.runs?.start();
    expect(await said()).toEqual(before);
  });
});

it('has its app at no origin that is the gateway’s', async () => {
  await expect(open({ app: ISSUER })).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  const { enrolled, factor } = await open({ app: 'https://app.university.example' });
  await enrolled();
  expect(factor.serves?.origin).toBe('https://app.university.example');
  const { prompt } = (await factor.enrols?.begin(ada, [])) ?? {};
  expect(prompt).toMatchObject({
    setup: { uri: expect.stringMatching(/^https:\/\/app\.university\.example\/#enrol=/) },
  });
});

describe('the API', () => {
  it('takes sixty calls of a device in a minute', async () => {
    const { enrolled, clock } = await open();
    const { phone } = await enrolled();
    const calls = async (it: Phone) => (await it.pending()).status;
    for (let at = 0; at < 60; at += 1) expect(await calls(phone)).toBe(200);
    expect(await calls(phone)).toBe(429);
    clock.pass(MINUTE);
    expect(await calls(phone)).toBe(200);
  });
});
