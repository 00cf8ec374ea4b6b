import { z } from 'zod';
import { port } from '../fields.ts';

export const demo = z
  .strictObject({
    accounts: z
      .array(
        z.strictObject({
          username: z.string().min(1).max(256),
          name: z.string().min(1),
          groups: z.array(z.string().min(1)).default([]),
          email: z.email().optional(),
        }),
      )
      .default([])
      .describe('Made at the first start; their generated passwords are printed once'),
    applications: z.boolean().default(true).describe('With the demonstration’s applications'),
    relyingParty: z.strictObject({ port: port.default(3001) }).prefault({}),
    serviceProvider: z.strictObject({ port: port.default(3002) }).prefault({}),
    house: z
      .string()
      .min(1)
      .optional()
      .describe('The configuration of another house, relative to this file: started along, once this one listens'),
  })
  .optional()
  .describe('Demonstration only: refused unless the issuer is on this machine');
