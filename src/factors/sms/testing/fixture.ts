import { memoryState } from '../../../../test/support/factor-state.ts';
import { openLimits } from '../../../../test/support/limits.ts';
import { factorPorts } from '../../../../test/support/outside.ts';
import { recordingLog } from '../../../../test/support/recording.ts';
import { stoppedClock } from '../../../../test/support/sign-in.ts';
import type { Account } from '../../../core/account.ts';
import type { AuditEvent } from '../../../core/door.ts';
import type { Outgoing, Sent } from '../../../core/sender.ts';
import { readMessage } from '../double.ts';
import sms from '../index.ts';
import type { Data, Enrolled, Pending } from '../schemas.ts';

export const NUMBER = '+85291234567';

export function enrolled(account: Account, number = NUMBER, id = `${account.id}-phone`): Enrolled {
  return { id, account: account.id, factor: 'sms', name: 'Phone', data: { number }, createdAt: 0, version: 1 };
}

/** A factor on a clock that stands still, and what it sent. */
export async function open(given: object = {}) {
  const clock = stoppedClock();
  const sent: Outgoing[] = [];
  const audited: AuditEvent[] = [];
  const errors: object[] = [];
  const state = memoryState();
  const carrier: { answer(): Sent } = { answer: () => ({ ok: true }) };
  const factor = sms.create(
    sms.settings.parse({ countries: ['HK', 'GB', 'US'], ...given }),
    factorPorts(clock.now, {
      state,
      service: {
        name: { en: 'Example University', 'zh-Hant': '示範大學', 'zh-Hans': '示范大学' },
        locales: ['en', 'zh-Hant', 'zh-Hans'],
      },
      issuer: 'https://login.university.example',
      limit: await openLimits(clock.now),
      async send(message) {
        sent.push(message);
        return carrier.answer();
      },
      async audit(event) {
        audited.push(event);
      },
      log: { ...recordingLog().log, error: (fields) => void errors.push(fields) },
    }),
  );

  /** The code of the newest message. */
  const code = () => readMessage(sent.at(-1)?.text ?? '').code;
  /** Another code than the newest. */
  const wrong = () => String((Number(code()) + 1) % 1_000_000).padStart(6, '0');

  /** A sign-in that asked for a code and gives it back. */
  async function prove(account: Account, credential: Enrolled) {
    const { pending } = await factor.challenge(account, [credential], { address: account.id });
    return factor.verify(pending, [credential], { code: code() }, account);
  }

  async function enrol(account: Account, existing: readonly Enrolled[] = []): Promise<Pending> {
    const begun = await factor.enrols?.begin(account, existing);
    if (begun === undefined) throw new Error('no enrolment');
    return begun.pending;
  }

  /** A number on its way to be enrolled: what is kept once the code has gone out. */
  async function numberGiven(account: Account, number: string): Promise<Pending> {
    const next = await factor.enrols?.confirm(await enrol(account), { code: number });
    if (next?.outcome !== 'further') throw new Error(`${number} was refused: ${JSON.stringify(next)}`);
    return next.pending;
  }

  return { factor, state, clock, sent, audited, errors, carrier, code, wrong, prove, enrol, numberGiven };
}

export type { Data };
