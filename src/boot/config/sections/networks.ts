import { z } from 'zod';
import { id, kibibytes, range } from '../fields.ts';

const network = z.union(
  [
    z.array(range).min(1),
    z.strictObject({
      ranges: z.array(range).min(1),
      shared: z.boolean().default(false).describe('Shared machines: no browser is remembered here'),
      strangers: kibibytes.optional().describe('In the place of strangers.perAddress, for each address of it'),
    }),
  ],
  { error: 'must be a list of ranges, or { ranges: [ … ], shared: true }' },
);

/** Where people come from, and where calls may go to. */
export const networks = {
  networks: z.record(id, network).default({}).describe('Named address ranges, for rules'),
  geoip: z
    .strictObject({
      database: z.string().min(1).describe('MMDB file of cities or countries, relative to this file'),
      newPlaces: z
        .enum(['networks', 'countries', 'never'])
        .default('networks')
        .describe('Which sign-ins people are told of by mail: from a new network or country, or only a new country'),
    })
    .optional()
    .describe('Says roughly where sign-ins came from, to the people themselves. Nothing is decided by it'),
  allowedPrivateNetworks: z
    .array(range)
    .default([])
    .describe('Private ranges that back-channel calls may go to; all others are refused'),
};
