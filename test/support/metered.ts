import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A gateway in a process of its own, whose serving thread tells how long it has worked. */
export interface Metered {
  url: string;
  /** Where the demonstration's applications would be. */
  relyingParty: string;
  /** Paths of every route, as Express has them, with their methods. */
  routes: { method: string; path: string }[];
  /** Processor time of its serving thread so far, microseconds. */
  cpu(): Promise<number>;
  stop(): void;
}

/** `metadata`: of a service provider that may sign in. */
export async function startMetered(folder: string, metadata: string): Promise<Metered> {
  const child: ChildProcess = fork(fileURLToPath(new URL('metered-gateway.ts', import.meta.url)), [folder], {
    execArgv: [],
  });
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}`)));
  failed.catch(() => {});
  child.send({ metadata });
  const [started] = (await Promise.race([once(child, 'message'), failed])) as [
    Pick<Metered, 'url' | 'relyingParty' | 'routes'>,
  ];
  return {
    ...started,
    async cpu() {
      child.send('cpu');
      const [answer] = (await Promise.race([once(child, 'message'), failed])) as [number];
      return answer;
    },
    stop: () => child.disconnect(),
  };
}
