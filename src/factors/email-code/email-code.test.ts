import { describe, expect, it } from 'vitest';
import { openLimits } from '../../../test/support/limits.ts';
import { factorPorts } from '../../../test/support/outside.ts';
import { person } from '../../../test/support/people.ts';
import { MINUTE, stoppedClock } from '../../../test/support/sign-in.ts';
import type { Account } from '../../core/account.ts';
import type { MailMessage, Outgoing, Sent } from '../../core/sender.ts';
import { readCode } from './double.ts';
import emailCode from './index.ts';
import { masked } from './texts.ts';

const SECOND = 1_000;
const mailed = (id: string, email: string) => person(id, { email });
const ada = mailed('ada', 'ada@university.example');

async function open(given: object = {}) {
  const clock = stoppedClock();
  const sent: MailMessage[] = [];
  const carrier: { answer(): Sent } = { answer: () => ({ ok: true }) };
  const factor = emailCode.create(
    emailCode.settings.parse(given),
    factorPorts(clock.now, {
      issuer: 'https://login.university.example',
      limit: await openLimits(clock.now),
      async send(message: Outgoing) {
        if (message.channel !== 'mail') throw new Error('not a mail');
        sent.push(message);
        return carrier.answer();
      },
    }),
  );
  const code = () => readCode(sent.at(-1)?.text ?? '');
  const ask = (account = ada, address?: string) => factor.challenge(account, [], address ? { address } : {});
  return { factor, clock, sent, carrier, code, ask };
}

describe('a code', () => {
  it('goes to the mailbox that the directory has, and proves possession of it', async () => {
    const { factor, sent, code, clock, ask } = await open();
    const { prompt, pending } = await ask();
    expect(sent).toMatchObject([{ to: 'ada@university.example', subject: 'Example University: your sign-in code' }]);
    expect(sent[0]?.subject).not.toContain(code());
    expect(sent[0]?.text).toContain('login.university.example');
    expect(prompt).toMatchObject({ kind: 'code', length: 6, text: { values: { mailbox: 'a•••@university.example' } } });
    expect(await factor.verify(pending, [], { code: code() }, ada)).toEqual({
      outcome: 'proved',
      proof: {
        ...{ factor: 'email-code', credential: 'email-code', amr: ['otp'], kinds: ['possession'] },
        ...{ phishingResistant: false, attested: false, at: clock.now() },
      },
    });
  });

  it.each(['', 'abcdef', 'ABCDEF', '12345', '1234567', '１２', '1'.repeat(1000)])('is not %j', async (typed) => {
    const { factor, ask } = await open();
    const { pending } = await ask();
    expect(await factor.verify(pending, [], { code: typed }, ada)).toMatchObject({ reason: 'malformed' });
  });

  it('is good for ten minutes to the millisecond, and not before it was sent', async () => {
    const { factor, code, clock, ask } = await open();
    const { pending } = await ask();
    const verify = () => factor.verify(pending, [], { code: code() }, ada);
    clock.pass(10 * MINUTE);
    expect(await verify()).toMatchObject({ outcome: 'proved' });
    clock.pass(1);
    expect(await verify()).toMatchObject({ reason: 'expired' });
    clock.pass(-11 * MINUTE);
    expect(await verify()).toMatchObject({ reason: 'expired' });
  });

  it('is no good once another was sent', async () => {
    const { factor, code, clock, ask } = await open();
    const { pending } = await ask();
    const first = code();
    clock.pass(60 * SECOND);
    const again = await factor.resends?.resend(pending, ada, []);
    if (again === undefined || 'outcome' in again) throw new Error('nothing was sent');
    expect(await factor.verify(again.pending, [], { code: first }, ada)).toMatchObject({ reason: 'wrong' });
    expect(await factor.verify(again.pending, [], { code: code() }, ada)).toMatchObject({ outcome: 'proved' });
  });
});

describe('the mailbox', () => {
  it.each([
    ['another', mailed('ada', 'eve@evil.example')],
    ['none any more', person('ada')],
    ['another person’s', mailed('eve', 'ada@university.example')],
    ['nobody’s', undefined],
  ])('that has become %s is worth nothing, and gets nothing', async (_case, account) => {
    const { factor, sent, code, clock, ask } = await open();
    const { pending } = await ask();
    expect(await factor.verify(pending, [], { code: code() }, account)).toMatchObject({ reason: 'changed' });
    clock.pass(60 * SECOND);
    if (account) expect(await factor.resends?.resend(pending, account, [])).toMatchObject({ reason: 'changed' });
    expect(sent).toHaveLength(1);
  });

  it('is what makes it usable', async () => {
    const { factor } = await open();
    expect([ada, person('bob'), mailed('bob', '')].map((account) => factor.usable(account, []))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    ['ada@university.example', 'a•••@university.example'],
    ['陳大文@大學.example', '陳•••@大學.example'],
    ['𠮷@x.example', '𠮷•••@x.example'],
  ])('%s is shown as %s', (mailbox, shown) => expect(masked(mailbox)).toBe(shown));
});

describe('what is sent', () => {
  const many = async (asks: (at: number) => Promise<unknown>, times: number, pass: () => void) => {
    for (let at = 0; at < times; at += 1) {
      await asks(at);
      pass();
    }
  };

  it('waits between one mail and the next, whatever the spelling, and says how long', async () => {
    const { sent, ask } = await open();
    await ask();
    const { prompt, pending } = await ask(mailed('ada', 'ADA@university.example'));
    expect(sent).toHaveLength(1);
    expect(prompt).toMatchObject({ text: { key: 'wait.seconds', values: { count: 60 } } });
    expect(pending).not.toHaveProperty('sent');
  });

  const elsewhere = (at: number) => mailed(`p${at}`, `p${at}@university.example`);
  const sharing = (at: number) => mailed(`p${at}`, 'ada@university.example');

  it.each([
    ['account', () => ada, 6],
    ['mailbox', sharing, 6],
    ['address', elsewhere, 60],
  ] as const)('is bounded for one %s, for an hour', async (_budget, who: (at: number) => Account, most) => {
    const { sent, clock, ask } = await open({ resend: 15 });
    const begun = clock.now() % (60 * MINUTE);
    clock.pass(60 * MINUTE - begun);
    await many(
      (at) => ask(who(at), 'x'),
      most + 5,
      () => clock.pass(16 * SECOND),
    );
    expect(sent).toHaveLength(most);
    clock.pass(60 * MINUTE);
    await ask(who(0), 'x');
    expect(sent).toHaveLength(most + 1);
  });

  it('is bounded for the whole installation', async () => {
    const { sent, ask } = await open({ perHour: { installation: 3 } });
    for (let at = 0; at < 5; at += 1) await ask(mailed(`p${at}`, `p${at}@x.example`), `address ${at}`);
    expect(sent).toHaveLength(3);
  });

  it('costs nothing where no sender took it, and may count where it is unsure', async () => {
    const { factor, sent, carrier, code, ask } = await open();
    carrier.answer = () => ({ ok: false, reason: 'away' });
    const { prompt } = await ask();
    expect(prompt).toMatchObject({ text: { key: 'not-sent' } });
    carrier.answer = () => ({ ok: false, reason: 'no answer', unsure: true });
    const { pending } = await ask();
    expect(sent).toHaveLength(2);
    expect(await factor.verify(pending, [], { code: code() }, ada)).toMatchObject({ outcome: 'proved' });
  });
});
