import { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max';
import { z } from 'zod';

const country = z.string().refine((text): text is CountryCode => isSupportedCountry(text), {
  error: 'must be a country in ISO 3166-1 letters: HK, GB',
});

const budget = (usual: number, what: string) => z.int().min(1).max(1_000_000).default(usual).describe(what);

export const settings = z.strictObject({
  countries: z
    .array(country)
    .min(1)
    .max(250)
    .describe('Where messages may go, by ISO 3166-1 letters. A number without its prefix is one of the first'),
  resend: z.int().min(15).max(300).default(30).describe('Seconds between one message to a number and the next'),
  perHour: z
    .strictObject({
      account: budget(6, 'Messages for one account'),
      number: budget(6, 'To one number'),
      address: budget(60, "Asked for from one browser's address; a campus may share one"),
      country: budget(500, 'To one country'),
      installation: budget(1_000, 'Altogether'),
    })
    .prefault({})
    .describe('What may be sent in an hour'),
  conversion: z
    .strictObject({
      share: z.number().min(0.01).max(0.9).default(0.2).describe('Share of codes that must come back'),
      least: z.int().min(5).max(100_000).default(30).describe('Messages of an hour before it is judged'),
      pause: z.int().min(5).max(1_440).default(60).describe('Minutes without messages to that country afterwards'),
    })
    .prefault({})
    .describe('Stops messages to a country whose codes nobody enters (toll fraud)'),
});
export type Settings = z.output<typeof settings>;
