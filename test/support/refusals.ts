import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Why sign-ins were refused, as it lies in the audit of the gateway with this folder, in order. */
export function refusalsIn(folder: string): string[] {
  const file = new DatabaseSync(join(folder, 'data', 'sallyport.db'), { readOnly: true });
  try {
    const rows = file.prepare("SELECT detail FROM audit WHERE event = 'sign-in.refused'").all();
    return rows.map(({ detail }) => (JSON.parse(String(detail)) as { reason: string }).reason);
  } finally {
    file.close();
  }
}
