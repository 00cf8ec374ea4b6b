import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { AggregatorRegistry } from 'prom-client';
import type { WorkerProcess } from './process.ts';

const PATIENCE = 5_000;

interface Crew {
  ready(): readonly WorkerProcess[];
}

/** The management port of several workers: their metrics joined, their health one by one, and pages of any of them. */
export function combinedManagement(crew: Crew, nameOf: (number: number) => string): Server {
  return createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://management').pathname;
    const answered =
      path === '/metrics'
        ? metrics(crew, res)
        : path.startsWith('/health')
          ? health(crew, nameOf, path, res)
          : page(crew, req, res);
    answered.catch(() => {
      if (!res.headersSent) res.writeHead(503);
      res.end();
    });
  });
}

/** Counters of a worker that died are gone: whoever reads them sees a reset, as after any restart. */
async function metrics(crew: Crew, res: ServerResponse): Promise<void> {
  const all = await Promise.allSettled(crew.ready().map((worker) => worker.ask({ kind: 'metrics' })));
  const registry = AggregatorRegistry.aggregate(all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  res.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
}

/** Ready is who has a worker that is: the port is shared, and those that aren't take nothing from it. */
async function health(
  crew: Crew,
  nameOf: (number: number) => string,
  path: string,
  res: ServerResponse,
): Promise<void> {
  const reports = await Promise.all(
    crew.ready().map(async (worker) => [nameOf(worker.number), await report(worker, path)] as const),
  );
  const found = reports.find(([, { status }]) => status === 404);
  const isReady = path === '/health/live' || reports.some(([, { status }]) => status === 200);
  const status = found ? 404 : isReady ? 200 : 503;
  const workers = Object.fromEntries(reports.map(([name, { body }]) => [name, body]));
  const word = path === '/health/live' ? 'up' : isReady ? 'ready' : 'not ready';
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  res.end(JSON.stringify({ status: word, workers }));
}

async function report(worker: WorkerProcess, path: string): Promise<{ status: number; body: unknown }> {
  try {
    const answer = await asked(worker, path, 'localhost');
    return { status: answer.statusCode ?? 0, body: await json(answer) };
  } catch (error) {
    return { status: 0, body: { status: 'not ready', reason: (error as Error).message } };
  }
}

/** As the worker answers it, to the name by which it was asked for. */
async function page(crew: Crew, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [worker] = crew.ready();
  if (worker === undefined || req.method !== 'GET') return void res.writeHead(worker ? 404 : 503).end();
  const answer = await asked(worker, req.url ?? '/', req.headers.host ?? '');
  res.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(res);
}

function asked({ port }: WorkerProcess, path: string, host: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers: { host }, agent: false };
    get({ ...options, signal: AbortSignal.timeout(PATIENCE) }, resolve).once('error', reject);
  });
}
