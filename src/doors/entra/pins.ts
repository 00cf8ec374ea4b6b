import type { DoorPorts } from '../../core/door.ts';

const NAMESPACE = 'entra-accounts';
const PAGE = 500;

/** Whose account an object of a tenant is: once said, it stays, whatever a name leads to later. */
export function createPins({ durable }: Pick<DoorPorts, 'durable'>) {
  const records = durable.records(NAMESPACE);
  const idOf = (tenant: string, oid: string): string => `${tenant} ${oid}`;

  return {
    async accountOf(tenant: string, oid: string): Promise<string | undefined> {
      return (await records.get(idOf(tenant, oid)))?.data;
    },

    /** Of any number who pin at once one does; answers whose it is then. */
    async pin(tenant: string, oid: string, account: string): Promise<string> {
      await records.insert({ id: idOf(tenant, oid), data: account });
      return (await records.get(idOf(tenant, oid)))?.data ?? '';
    },

    remove: (tenant: string, oid: string) => records.remove(idOf(tenant, oid)),

    async *list(): AsyncGenerator<{ tenant: string; oid: string; account: string }> {
      let after: string | undefined;
      for (;;) {
        const page = await records.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
        for (const { id, data } of page) {
          const [tenant = '', oid = ''] = id.split(' ');
          yield { tenant, oid, account: data };
        }
        after = page.at(-1)?.id;
        if (after === undefined || page.length < PAGE) return;
      }
    },
  };
}

export type Pins = ReturnType<typeof createPins>;
