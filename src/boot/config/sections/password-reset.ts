import { z } from 'zod';
import { webAddress } from '../fields.ts';

const domain = z
  .string()
  .regex(/^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+$/i, { error: 'must be a mail domain: university.example' });
const country = z.string().regex(/^[A-Z]{2}$/, { error: 'must be a country in ISO 3166-1 letters: HK, GB' });
const most = (usual: number, what: string) => z.int().min(1).max(1_000_000).default(usual).describe(what);

/** What whoever forgot their password does. */
export const passwordReset = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Offered where a directory lets passwords be changed'),
    url: webAddress.optional().describe('Where people change forgotten passwords instead: ours is off'),
    elsewhere: z
      .record(z.string(), webAddress)
      .default({})
      .describe('Where people of a directory change theirs that doesn’t let us, by its name: said in the mail'),
    ownDomains: z
      .array(domain)
      .max(100)
      .default([])
      .describe('Mail domains that this sign-in opens, besides realms and the issuer’s: such mailboxes never serve'),
    countries: z
      .array(country)
      .max(250)
      .default([])
      .describe('Where numbers may be that codes are sent to. None: no codes by text message'),
    addresses: z
      .int()
      .min(1)
      .max(4)
      .default(2)
      .describe(
        'How many addresses an owner must be told at before a code goes to one of them; the directory’s counts',
      ),
    perHour: z
      .strictObject({
        address: most(60, 'Begun from one address; a campus may share one'),
        installation: most(2_000, 'Begun altogether'),
        messages: most(6, 'Messages that strangers cause for one account, and each browser that it knows'),
      })
      .prefault({})
      .describe('What may be asked for in an hour'),
    human: z
      .strictObject({
        free: z
          .int()
          .min(0)
          .max(10_000)
          .default(3)
          .describe('Begun from one address in an hour before a browser has to work'),
        bits: z.int().min(8).max(24).default(15).describe('How much: each more is twice as much'),
        pause: z.int().min(5).max(600).default(30).describe('Seconds of waiting that do instead, where no script runs'),
      })
      .prefault({})
      .describe('What keeps machines from asking for thousands'),
  })
  .prefault({})
  .describe('Forgotten passwords');
