import { vi } from 'vitest';
import { readCode } from '../../src/factors/email-code/double.ts';
import type { Gateway } from './gateway.ts';
import { type Message, outbox } from './outbox.ts';

/** Configuration for codes by mail that go nowhere but to the outbox, and a rule that names them for Courses alone. */
export const MAILBOX = {
  demo: {},
  senders: { outbox: {} },
  factors: { password: {}, totp: {}, 'email-code': {} },
  policy: {
    rules: [
      { name: 'library', applications: ['library'], level: 'sfa' },
      { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d', factors: ['totp', 'email-code'] },
      { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: '30d' },
      { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
    ],
  },
};

const CODE = /your sign-in code$/;

/** Codes mailed so far, the newest first. */
export async function mailedCodes(gateway: Gateway, to: string): Promise<string[]> {
  const codes = (await outbox(gateway, to)).filter(({ subject }) => CODE.test(subject ?? ''));
  return codes.map(({ text }) => readCode(text));
}

export async function mailedCode(gateway: Gateway, to: string): Promise<string> {
  const [newest] = await mailedCodes(gateway, to);
  if (newest === undefined) throw new Error(`no code was mailed to ${to}`);
  return newest;
}

/** Notices to an address, once there are this many: they are sent off the request's path. The newest comes first. */
export async function notices(gateway: Gateway, to: string, count: number): Promise<Message[]> {
  return vi.waitFor(
    async () => {
      const found = (await outbox(gateway, to)).filter(({ subject }) => !CODE.test(subject ?? ''));
      if (found.length < count) throw new Error(`${found.length} notices for ${to}: ${JSON.stringify(found)}`);
      return found;
    },
    { timeout: 20_000 },
  );
}
