import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { PersonAtBrowser } from '../support/gateway.ts';
import { stage } from '../support/scene.ts';

/** What an SDK is told that an operator loads beside the gateway. */

const exporter = new InMemorySpanExporter();
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterEach(() => exporter.reset());
afterAll(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans();
const named = (name: string) => spans().filter((span) => span.name === name);

describe('traces', () => {
  const scene = stage(() => ({ config: { trustedProxies: ['127.0.0.0/8', '::1'] } }));

  it('have requests, and in them stores and factors', async () => {
    await scene.gateway.addUser('traced', { email: 'traced@university.example' });
    const person = new PersonAtBrowser(scene.gateway);
    const page = await person.begin('library');
    exporter.reset();
    await person.password(page, 'traced');
    await expect.poll(() => named('POST /sign-in/:id').length).toBe(1);
    const [request] = named('POST /sign-in/:id');
    expect(request?.attributes).toMatchObject({ 'http.route': '/sign-in/:id', 'http.response.status_code': 303 });
    const inside = spans().filter((span) => span.spanContext().traceId === request?.spanContext().traceId);
    const names = inside.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['verify', 'durable records.get', 'ephemeral attempt']));
    expect(named('verify')[0]?.attributes).toEqual({ 'sallyport.factor': 'password' });
  });

  it('hold nothing of a person, and nothing that anybody sent', async () => {
    const person = new PersonAtBrowser(scene.gateway, new Client({ headers: { 'user-agent': 'agent-of-traced' } }));
    const page = await person.begin('library');
    await person.password(page, 'traced');
    await person.client.get(`${scene.gateway.url}/somebody-made-this-up?secret=hunter2`);
    await expect.poll(() => named('GET none').length).toBe(1);
    const told = JSON.stringify(
      spans().map(({ name, attributes, events, status, resource }) => [name, attributes, events, status, resource]),
    );
    for (const secret of ['traced', 'university.example', 'agent-of', 'made-this-up', 'hunter2', '127.0.0.1']) {
      expect(told).not.toContain(secret);
    }
    expect(told).not.toContain(/\/sign-in\/([\w-]+)/.exec(page.url.pathname)?.[1]);
  });

  it('are chosen by no stranger, whatever a forwarded header says', async () => {
    for (const forwarded of [{}, { 'x-forwarded-for': '127.0.0.1' }]) {
      const client = new Client({ headers: { traceparent, ...forwarded } });
      await client.get(`${scene.gateway.url}/`);
    }
    await expect.poll(() => named('GET /').length).toBe(2);
    expect(spans().filter((span) => span.spanContext().traceId === TRACE)).toEqual([]);
  });
});

describe('traces of a proxy that is believed', () => {
  const scene = stage(() => ({ config: { tracing: { acceptFrom: ['127.0.0.0/8', '::1'] } } }));

  it('go on here, and leave its baggage behind', async () => {
    const client = new Client({ headers: { traceparent, baggage: 'person=ada' } });
    await client.get(`${scene.gateway.url}/`);
    await expect.poll(() => named('GET /').length).toBe(1);
    const [request] = named('GET /');
    expect([request?.spanContext().traceId, request?.parentSpanContext?.spanId]).toEqual([TRACE, '00f067aa0ba902b7']);
    expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toContain('ada');
  });

  it('are not begun anew where it says that they are not sampled', async () => {
    const client = new Client({ headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-00` } });
    await client.get(`${scene.gateway.url}/`);
    await client.get(`${scene.gateway.url}/`, { headers: { traceparent } });
    await expect.poll(() => named('GET /').length).toBeGreaterThan(0);
    const others = spans().filter((span) => span.spanContext().traceId !== TRACE);
    expect(others.map(({ name }) => name).filter((name) => name.startsWith('GET'))).toEqual([]);
    expect(named('GET /').length).toBe(1);
  });
});
