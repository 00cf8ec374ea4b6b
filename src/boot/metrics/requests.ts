import { Gauge, Histogram, type Registry } from 'prom-client';

/** Seconds. A password takes tens of milliseconds, most else a few. */
const BUCKETS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How a request ended. `status` is undefined where whoever asked went away before. */
export interface Answered {
  route: string;
  /** `other` where it is none of those that are known. */
  method: string;
  status: number | undefined;
  seconds: number;
}

export interface RequestMeasures {
  began(): void;
  /** `seconds` are counted, unless it was a stream, which lasts as long as its page is open. */
  ended(answered: Answered, stream: boolean): void;
}

export function measureRequests(registers: Registry[]): RequestMeasures {
  const took = new Histogram({
    name: 'sallyport_request_seconds',
    help: 'How long requests take until they are answered, by the pattern of their route; streams are left out.',
    labelNames: ['route', 'method', 'status'],
    buckets: BUCKETS,
    registers,
  });
  const open = new Gauge({
    name: 'sallyport_requests_in_flight',
    help: 'Requests that are being answered, streams included.',
    registers,
  });
  return {
    began: () => open.inc(),
    ended({ route, method, status, seconds }, stream) {
      open.dec();
      if (stream) return;
      took.observe({ route, method, status: classOf(status) }, seconds);
    },
  };
}

const classOf = (status: number | undefined): string =>
  status === undefined ? 'left' : `${Math.floor(status / 100)}xx`;
