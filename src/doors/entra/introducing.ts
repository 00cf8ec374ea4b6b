import type { Door } from '../../core/door.ts';
import type { Pins } from './pins.ts';
import type { Tenant } from './settings.ts';

const OBJECT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whose account an object of a tenant is, by an export: an object that is somebody's stays theirs. */
export function createIntroducing(pins: Pins, tenants: ReadonlyMap<string, Tenant>): NonNullable<Door['introduce']> {
  const ours = new Set([...tenants.values()].map(({ settings }) => settings.tenant));
  const [only] = ours.size === 1 ? ours : [];

  return async (account, thing, { dry }) => {
    if (thing.kind !== 'object') return undefined;
    const [oid, tenant] = [thing.id.toLowerCase(), thing.tenant?.toLowerCase() ?? only];
    if (!OBJECT.test(oid)) return 'not an object ID';
    if (tenant === undefined || !ours.has(tenant)) return 'no application here is that tenant';
    const pinned = await pins.accountOf(tenant, oid);
    if (pinned === account.id) return 'had';
    if (pinned !== undefined) return 'another account’s here (sallyport entra list)';
    if (dry) return 'taken';
    return (await pins.pin(tenant, oid, account.id)) === account.id ? 'taken' : 'changed at the same moment: try again';
  };
}
