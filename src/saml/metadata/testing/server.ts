import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';

/** A web server with documents by path; it answers conditional requests. Closed when the test ends. */
export async function metadataServer() {
  const documents = new Map<string, string>();
  const requests: { path: string; status: number }[] = [];
  let held: Promise<void> | undefined;
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const body = documents.get(path);
    const etag = body === undefined ? '' : `"${createHash('sha256').update(body).digest('hex')}"`;
    const status = body === undefined ? 404 : request.headers['if-none-match'] === etag ? 304 : 200;
    requests.push({ path, status });
    await held;
    response.writeHead(status, { 'content-type': 'application/samlmetadata+xml', ...(etag && { etag }) });
    response.end(status === 200 ? body : undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    // A connection that was kept fails in another way than a new one: whoever comes first finds that out.
    await fetch(`http://127.0.0.1:${address.port}`).catch(() => undefined);
  };
  onTestFinished(close);
  /** Answers nothing until then. */
  const hold = (until: Promise<void>) => {
    held = until;
  };
  return { url: `http://127.0.0.1:${address.port}`, documents, requests, hold, close };
}
