import { expect, it } from 'vitest';
import { stage } from '../support/scene.ts';
import { ENTRA, SCIM_CONFIG, scimClient } from '../support/scim.ts';
import { provisionMany } from '../support/scim-bulk.ts';

const MINUTES = 60_000;
const MEGABYTE = 1024 * 1024;

const scene = stage(() => ({ config: SCIM_CONFIG }));

it('provisions ten thousand people by Bulk, in memory that stays flat', { timeout: 30 * MINUTES }, async () => {
  const rose = await provisionMany(
    scimClient(() => scene.gateway.url, ENTRA),
    10_000,
  );
  // Ten times as many people, and no more than a request and an answer of them at a time.
  expect(rose).toBeLessThan(32 * MEGABYTE);
});
