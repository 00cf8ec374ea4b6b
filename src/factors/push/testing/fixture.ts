import { openExchange } from '../../../../test/support/exchange.ts';
import { openLimits } from '../../../../test/support/limits.ts';
import { factorPorts } from '../../../../test/support/outside.ts';
import { ada } from '../../../../test/support/people.ts';
import { stoppedClock } from '../../../../test/support/sign-in.ts';
import type { Account } from '../../../core/account.ts';
import type { FactorContext } from '../../../core/challenge.ts';
import type { AuditEvent } from '../../../core/door.ts';
import type { FactorPorts } from '../../../core/factor-ports.ts';
import type { Reported } from '../../../core/reported.ts';
import type { FactorRoute, RouteAnswer, RouteResult } from '../../../core/route.ts';
import push from '../index.ts';
import type { Data, Enrolled, Pending } from '../schemas.ts';
import { type Answered, Phone } from './phone.ts';

export { ada };

export const ISSUER = 'https://login.university.example';
export const SUBSCRIPTION = {
  endpoint: 'https://fcm.googleapis.com/fcm/send/abc',
  keys: {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  },
};

/** A factor on a clock that stands still, phones that call its routes, and what it did outside. */
export async function open(
  given: object = {},
  over: Partial<FactorPorts> = {},
  report: (account: string) => Promise<void> = async () => {},
) {
  const clock = stoppedClock();
  const posted: { url: string; headers: Headers }[] = [];
  const audited: AuditEvent[] = [];
  const reported: Reported[] = [];
  const kept: Enrolled[] = [];
  const service = { status: 201 };
  const ports = factorPorts(clock.now, {
    issuer: ISSUER,
    limit: await openLimits(clock.now),
    exchange: await openExchange(clock.now),
    credentials: {
      byLookup: async (key) => kept.find(({ data }) => data.device === key),
      ofAccount: async (account) => kept.filter((it) => it.account === account),
      async update(credential, data) {
        const at = kept.findIndex(({ id, version }) => id === credential.id && version === credential.version);
        const found = kept[at];
        if (found === undefined) return false;
        kept[at] = { ...found, data: data as Data, version: found.version + 1 };
        return true;
      },
    },
    async fetch(url, init) {
      posted.push({ url: String(url), headers: new Headers(init?.headers) });
      return new Response(null, { status: service.status });
    },
    async audit(event) {
      audited.push(event);
    },
    ...over,
  });
  const factor = push.create(push.settings.parse(given), ports);
  await factor.runs?.start();

  async function carriedOut(result: RouteResult): Promise<RouteAnswer> {
    if (!('report' in result)) return result;
    try {
      await report(result.report.account);
    } catch (error) {
      await result.failed();
      throw error;
    }
    reported.push(result.report.about);
    return result.done();
  }

  /** Calls a route as the web layer does, after its schema. */
  async function call(url: string, body: unknown): Promise<Answered> {
    const path = new URL(url).pathname.slice(factor.serves?.base.length ?? 0);
    const route = factor.serves?.routes.find((it) => it.path === path) as FactorRoute | undefined;
    const read = route?.body?.safeParse(body);
    if (route === undefined || (read && !read.success)) return { status: 400, json: { error: 'invalid' } };
    const result = await carriedOut(await route.handle({ body: read?.data, address: '192.0.2.1' }));
    if (!('json' in result)) return { status: 'status' in result ? result.status : 303, json: {} };
    return { status: result.status ?? 200, json: result.json as Record<string, unknown> };
  }

  /** A phone of an account's, enrolled as people do it. */
  async function enrolled(account: Account = ada, options: { name?: string; silent?: boolean } = {}) {
    const { name = 'Phone', silent = false } = options;
    const phone = new Phone({ name, subscription: silent ? null : SUBSCRIPTION, call, now: clock.now });
    const begun = await factor.enrols?.begin(
      account,
      kept.filter((it) => it.account === account.id),
    );
    const uri = begun?.prompt.kind === 'wait' ? begun.prompt.setup?.uri : undefined;
    await phone.register(uri ?? '');
    const asked = await factor.enrols?.confirm(begun?.pending as Pending, {});
    if (asked?.outcome !== 'further') throw new Error('nothing registered');
    const confirmed = await factor.enrols?.confirm(asked.pending, { choice: 'yes' });
    if (confirmed?.outcome !== 'confirmed') throw new Error('nothing confirmed');
    const id = `${account.id}-${kept.length}`;
    const { data, name: given } = confirmed;
    const credential = {
      id,
      account: account.id,
      factor: 'push',
      name: given,
      data,
      createdAt: clock.now(),
      version: 1,
    };
    kept.push(credential);
    return { phone, credential: () => kept.filter((it) => it.id === id) };
  }

  const mine = (account: Account = ada) => kept.filter((it) => it.account === account.id);
  const challenge = (signIn = 'one', more: FactorContext = {}) =>
    factor.challenge(ada, mine(), { signIn, application: 'payroll', ...more });
  const verify = (pending: Pending, answer = {}) => factor.verify(pending, mine(), answer, ada);

  return { factor, clock, posted, audited, reported, kept, service, ports, call, enrolled, mine, challenge, verify };
}
