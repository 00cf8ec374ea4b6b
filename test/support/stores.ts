import { readdir } from 'node:fs/promises';
import type { DurableModule, EphemeralModule } from '../../src/core/store.ts';

const FOLDER = new URL('../../src/stores/', import.meta.url);

/** Every store plug-in there is, by its kind. */
export async function storeModules() {
  const ephemeral: EphemeralModule[] = [];
  const durable: DurableModule[] = [];
  for (const entry of await readdir(FOLDER, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const module: { default: EphemeralModule | DurableModule } = await import(
      new URL(`${entry.name}/index.ts`, FOLDER).href
    );
    if (module.default.kind === 'ephemeral') ephemeral.push(module.default);
    else durable.push(module.default);
  }
  return { ephemeral, durable };
}
