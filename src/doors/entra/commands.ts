import type { Command } from '../../core/directory.ts';
import type { Door } from '../../core/door.ts';

const operate = () => import('./operate.ts');
const WHO = [
  { name: '<tenant>', description: 'directory (tenant) ID' },
  { name: '<object>', description: 'object ID of the person in that tenant' },
];

export const groups = { entra: 'see and undo whose account an object of a tenant is' };

export const commands: readonly Command<Door>[] = [
  {
    name: 'entra list',
    summary: 'list which objects of tenants are whose accounts, tab-separated',
    run: async (door) => (await operate()).list(door),
  },
  {
    name: 'entra unpin',
    summary: 'forget whose account an object of a tenant is; it is found anew the next time',
    arguments: WHO,
    run: async (...given) => (await operate()).unpin(...given),
  },
];
