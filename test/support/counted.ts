import { get } from 'node:http';
import type { Agent } from './desk.ts';

/** Lines of a file, counted as they come and not kept; and the most heap that was in use meanwhile. */
export function counted(agent: Agent, path: string): Promise<{ lines: number; heap: number }> {
  const url = new URL(`${agent.scene.gateway.url}${path}`);
  const cookie = agent.someone.client.jar
    .for(url, { method: 'GET', crossSite: false })
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  return new Promise((resolve, reject) => {
    get(url, { headers: { cookie, host: url.host } }, (incoming) => {
      let [lines, heap] = [0, 0];
      incoming.on('data', (chunk: Buffer) => {
        lines += chunk.toString().split('\n').length - 1;
        heap = Math.max(heap, process.memoryUsage().heapUsed);
      });
      incoming.on('error', reject);
      incoming.on('end', () => resolve({ lines, heap }));
    }).on('error', reject);
  });
}
