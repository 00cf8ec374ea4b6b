import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** 5,000 datagrams a second from an address that is nobody's, those that are late made up for, until its input ends. */
const SENDER = `
  const socket = require('node:dgram').createSocket('udp4').bind(0, '127.0.0.99');
  const [port, octets] = [Number(process.argv[1]), Buffer.from(process.argv[2], 'hex')];
  let [sent, heard] = [0, 0];
  socket.on('message', () => { heard += 1; });
  socket.once('listening', () => {
    const began = performance.now();
    setInterval(() => {
      for (const due = (performance.now() - began) * 5; sent < due; sent += 1) socket.send(octets, port, '127.0.0.1');
    }, 5);
    process.stdout.write('begun\\n');
    process.stdin.resume().once('end', () => {
      process.stdout.write(JSON.stringify({ sent, heard, seconds: (performance.now() - began) / 1000 }));
      process.exit(0);
    });
  });
`;

/** What it did, as it says itself. */
export interface Flooded {
  sent: number;
  heard: number;
  seconds: number;
}

/** Begins to send these octets to a port, in a process of its own. */
export async function startFlood(port: number, octets: Buffer): Promise<{ stop(): Promise<Flooded> }> {
  const child = spawn(process.execPath, ['-e', SENDER, String(port), octets.toString('hex')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  await once(child.stdout, 'data');
  return {
    async stop() {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
      return JSON.parse(said.replace('begun\n', '')) as Flooded;
    },
  };
}
