import { z } from 'zod';

const budget = (usual: number, what: string) => z.int().min(1).max(1_000_000).default(usual).describe(what);

export const settings = z.strictObject({
  resend: z.int().min(15).max(600).default(60).describe('Seconds between one mail to a mailbox and the next'),
  perHour: z
    .strictObject({
      account: budget(6, 'Mails for one account'),
      mailbox: budget(6, 'To one mailbox'),
      address: budget(60, "Asked for from one browser's address; a campus may share one"),
      installation: budget(2_000, 'Altogether'),
    })
    .prefault({})
    .describe('What may be sent in an hour'),
});
export type Settings = z.output<typeof settings>;
