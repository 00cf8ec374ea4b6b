import { z } from 'zod';
import { encodingOf, PLACEHOLDERS, unknownIn } from './templates.ts';

const KNOWN = `known here: ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`;

function faultOf(template: string): string | undefined {
  const [unknown] = unknownIn(template);
  return unknown === undefined ? undefined : `names {${unknown}}, which stands for nothing; ${KNOWN}`;
}

const template = z.string().superRefine((text, context) => {
  const fault = faultOf(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, input: text });
});

/** Before the query only: a value must not choose the host. */
const url = template.refine(
  (text) => {
    const read = URL.parse(text);
    return read !== null && /^https?:$/.test(read.protocol) && !/[{}]/.test(text.split(/[/?#]/, 3).join('/'));
  },
  { error: 'must be an http or https address, with placeholders after its host alone' },
);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export const settings = z
  .strictObject({
    url: url.describe('Address of the gateway; {to}, {digits}, {text} and {id} are filled in, percent-encoded'),
    method: z.enum(['GET', 'POST', 'PUT']).default('POST'),
    headers: z
      .record(z.string().regex(TOKEN, { error: 'must be the name of a header' }), template)
      .default({})
      .describe(`Values are filled in too. Secrets usually come from \${file:…}`),
    contentType: z
      .string()
      .refine((type) => encodingOf(type) !== undefined, {
        error: 'must be a form, JSON, XML or plain text: it says how values are written',
      })
      .default('application/json'),
    body: template.optional().describe('Values are written as contentType asks; in JSON inside the quotes given here'),
    success: z
      .strictObject({
        status: z.array(z.int().min(200).max(299)).min(1).optional().describe('By default every 2xx'),
        contains: z.string().min(1).optional().describe('What the answer must contain'),
        lacks: z.string().min(1).optional().describe('What it must not contain'),
      })
      .prefault({})
      .describe('When a message counts as taken: some gateways answer 200 to everything'),
    timeout: z.int().min(1).max(30).default(10).describe('Seconds'),
  })
  .superRefine((it, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message, input: it });
    if (it.method === 'GET' && it.body !== undefined) fault('body', 'goes with POST or PUT');
    const all = [it.url, it.body ?? '', ...Object.values(it.headers)].join('\n');
    if (!all.includes('{text}')) fault('body', 'needs {text} here or in url: a message would say nothing');
    if (!/\{(?:to|digits)\}/.test(all)) fault('body', 'needs {to} or {digits} here or in url');
  });
export type Settings = z.output<typeof settings>;
