import { z } from 'zod';
import { RIGHTS } from '../../../help-desk/scope.ts';
import { duration, id, localized } from '../fields.ts';

/** An empty list would stand for everybody, or for nobody: neither is what its writer means. */
const groups = z.array(z.string().min(1)).min(1, { error: 'is empty: name at least one group' });

const over = z.strictObject({
  groups: groups.describe('People in any of these groups'),
  notGroups: groups.optional().describe('But nobody in any of these'),
});

const agent = z.strictObject({
  name: z.string().min(1).describe('Said in the audit; unique'),
  groups: groups.describe('Who they are: people in any of these groups'),
  over: over.describe('Whom they may act on'),
  may: z
    .array(z.enum(RIGHTS))
    .min(1, { error: `is empty: name at least one of ${RIGHTS.join(', ')}` })
    .describe('What they may do'),
});

const price = z.number().min(0).max(1_000_000);

const textCosts = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'must be a currency in ISO 4217 letters: HKD, EUR' })
    .describe('Of all prices, by ISO 4217 letters'),
  prices: z
    .record(z.string().regex(/^[A-Z]{2}$/, { error: 'must be a country in ISO 3166-1 letters: HK, GB' }), price)
    .default({})
    .describe('What one text message costs, by the country that it goes to'),
  other: price.default(0).describe('To every other country'),
  monthly: z.number().positive().max(1_000_000_000).optional().describe('The budget of a calendar month'),
});

export const helpDesk = z
  .strictObject({
    agents: z.array(agent).min(1, { error: 'is empty: name the agents, or leave helpDesk out' }),
    checklist: z
      .array(localized)
      .min(1, { error: 'is empty: nobody’s identity would be checked' })
      .max(20)
      .describe('How an agent makes sure who asks; every item is ticked before anything is done'),
    textCosts: textCosts
      .optional()
      .describe('What text messages cost, for the reports; without it they are only counted'),
    departmentPrefix: z
      .string()
      .trim()
      .min(1, { error: 'is empty: every group would be a department; leave it out to go by what directories say' })
      .optional()
      .describe('How groups begin that name departments, for the reports; without it directories say whose is which'),
    overEquals: z
      .boolean()
      .default(false)
      .describe('Whether agents may act on agents whose rights are the same as theirs'),
  })
  .optional()
  .describe('Who may help people who have lost a method, at /helpdesk. Absent: there is no help desk');

const client = z.strictObject({
  name: id.describe('Said in the audit; unique'),
  secret: z
    .string()
    .min(32, { error: 'must be at least 32 characters: openssl rand 32 | basenc --base64url' })
    .describe('What it shows as a bearer token; from a file'),
  over: over.describe('Whom it may act on'),
  may: z
    .array(z.enum(['issue', 'unlock']))
    .min(1, { error: 'is empty: name at least one of issue, unlock' })
    .describe('What it may do'),
});

export const api = z
  .strictObject({
    clients: z.array(client).default([]).describe('Programs that may call it'),
    budget: z
      .strictObject({
        calls: z.int().min(1).max(100_000).default(60).describe('Calls of one client'),
        per: duration('1s', '1d').prefault('1m').describe('In how long'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('For programs of the institution’s own: docs/reference/api.md');
