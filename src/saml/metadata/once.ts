import { type Compiled, LARGEST } from './compile.ts';
import { ask, withFile } from './download.ts';
import { MetadataFault } from './fault.ts';
import { load, type Task } from './load.ts';
import type { MetadataPorts } from './ports.ts';

/**
 * Reads the metadata at an address once, and keeps nothing of it.
 *
 * @throws MetadataFault with the reason why it can't be had or used
 */
export async function loadOnce(
  fetch: MetadataPorts['fetch'],
  url: string,
  task: Omit<Task, 'file'>,
): Promise<Compiled> {
  const { response } = await ask(fetch, url, {}, new AbortController().signal);
  if (response.status === 200) return await withFile(response, LARGEST, (file) => load({ ...task, file }));
  await response.body?.cancel();
  throw new MetadataFault(`${url} answered ${response.status}`);
}
