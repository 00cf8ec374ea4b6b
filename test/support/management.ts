import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway } from './gateway.ts';

/** What the management port answers. */
export async function management(
  gateway: Pick<Gateway, 'app'>,
  path: string,
): Promise<{ status: number; text: string }> {
  const server = createServer(gateway.app.management).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Metrics as they are read: names with their types, and each series. */
export interface Scraped {
  types: ReadonlyMap<string, string>;
  series: readonly { name: string; labels: Readonly<Record<string, string>>; value: number }[];
}

export async function scrape(gateway: Pick<Gateway, 'app'>): Promise<Scraped> {
  const { text } = await management(gateway, '/metrics');
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const series = [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, given]) => [label, given]),
    ),
    value: Number(value),
  }));
  return { types, series };
}
