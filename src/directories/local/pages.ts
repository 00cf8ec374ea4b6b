import type { DataRecord, RecordStore } from '../../core/store.ts';

const PAGE = 500;

/** Every record, in order of id; read by pages, so that few are in memory at a time. */
export async function* allOf(records: Pick<RecordStore, 'list'>): AsyncGenerator<DataRecord> {
  for (let after: string | undefined; ; ) {
    const page = await records.list({ limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}
