import { z } from 'zod';
import { localized, timeZone, webAddress } from '../fields.ts';

const language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, { error: 'must be a language tag: en, zh-Hant' });

/** In which words and times people are spoken to. */
export const languages = {
  timeZone: timeZone
    .optional()
    .describe(
      'Zone of the times in mails, and on pages where no script runs: Asia/Hong_Kong. The server’s own by default',
    ),
  locales: z.array(language).min(1).default(['en', 'zh-Hant', 'zh-Hans']).describe('Languages offered'),
  defaultLocale: language.default('en').describe('Where the browser asks for none of them'),
};

/** Whom they may ask. */
export const support = z
  .strictObject({
    url: webAddress.optional(),
    email: z.email().optional(),
    phone: z.string().min(1).optional(),
    pass: localized.optional().describe('How to get a pass: whom to ask, and what to bring. Line breaks are kept'),
    hours: localized.optional().describe('When somebody is there'),
    address: localized.optional().describe('Where that is'),
  })
  .prefault({})
  .describe('Shown where people need help');
