import { z } from 'zod';

const colour = z
  .string()
  .regex(/^#([0-9a-f]{3}|[0-9a-f]{6})$/i, { error: 'must be a colour such as #7a0019' })
  .transform((text) => {
    const digits = text.slice(1).toLowerCase();
    return `#${digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits}`;
  });

const file = z.string().min(1);

const texts = z
  .record(z.string(), z.record(z.string(), z.string().min(1)))
  .default({})
  .describe('Texts in the place of ours, by language and key: { en: { home.title: Welcome } }');

/** What the institution looks like. */
export const branding = z
  .strictObject({
    logo: file.optional().describe('Picture beside the institution’s name: SVG, PNG, WebP or JPEG, at most 100 kB'),
    logoDark: file.optional().describe('The same where the page is dark'),
    logoHasName: z.boolean().default(false).describe('The logo shows the name: it isn’t written beside it again'),
    icon: file.optional().describe('In the browser’s tab: SVG or PNG, square'),
    accent: z
      .union(
        [colour.transform((light) => ({ light, dark: undefined })), z.strictObject({ light: colour, dark: colour })],
        {
          error: 'must be a colour such as #7a0019, or two: { light: …, dark: … }',
        },
      )
      .optional()
      .describe('Colour of buttons and links; for dark pages one is made of it where none is given'),
    background: z
      .union(
        [
          colour.transform((light) => ({ light, dark: undefined })),
          z.strictObject({ light: colour.optional(), dark: colour.optional() }),
        ],
        { error: 'must be a colour such as #f4f1ea, or two: { light: …, dark: … }' },
      )
      .optional()
      .describe('Colour of the page behind the cards'),
    texts,
    templates: file.optional().describe('Folder of templates in the place of ours, by their paths: pages/home.eta'),
  })
  .prefault({})
  .describe('The institution’s own face');
