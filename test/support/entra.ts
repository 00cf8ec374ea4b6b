import type { Asking, Entra } from '../../src/doors/entra/testing/entra.ts';
import type { Client, Reply } from './client.ts';
import type { Scene, Someone } from './scene.ts';

/** A tenant of Entra's that asks us for its second step. */
export const asTenant = (entra: Entra, more: object = {}) => ({
  doors: { oidc: {}, entra: {} },
  applications: { office: { name: 'Microsoft 365', entra: entra.settings(more) } },
});

export const OFFICE = '/entra/office';

/** An object ID that nobody else has. */
let objects = 0;
export const newObject = (): string => `11111111-2222-3333-4444-${String(objects++).padStart(12, '0')}`;

/** Says by an import whose account an object is. */
export async function pinned(scene: Scene, someone: Someone, oid = newObject()): Promise<string> {
  await scene.gateway.command('migrate entra', [], {}, `userPrincipalName,id\n${someone.username},${oid}\n`);
  return oid;
}

/** What a browser sees that Entra sends here: the page that asks whether it is them, or what is wrong. */
export async function sentHere(scene: Scene, entra: Entra, client: Client, asking: Asking): Promise<Reply> {
  const fields = await entra.ask(asking);
  const reply = await client.post(`${scene.gateway.url}${OFFICE}/authorize`, fields, { from: entra.authority });
  return client.follow(reply);
}

/** Presses "Continue". */
export const goOn = async (client: Client, page: Reply): Promise<Reply> =>
  client.follow(await client.submit(page, {}, { action: '/begin' }));

/** Sends the answer on to Entra, as the page does by itself. */
export const backAtEntra = (client: Client, page: Reply): Promise<Reply> =>
  client.submit(page, {}, { action: 'externalauthprovider' });
