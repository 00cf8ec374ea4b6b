import type { Redis } from 'ioredis';

/**
 * What is asked in one turn of the event loop goes out in one write, however many requests asked it: a write to the
 * socket costs more than the command in it. Order and answers stay each command's own.
 */
export function gathered(redis: Redis): Redis {
  const send = redis.sendCommand;
  redis.sendCommand = function (this: Redis, ...given: Parameters<Redis['sendCommand']>) {
    const { stream } = this;
    // Nothing is held back while the connection is being made: each answer there leads to the next command.
    if (this.status === 'ready' && stream && stream.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    return send.apply(this, given);
  };
  return redis;
}
