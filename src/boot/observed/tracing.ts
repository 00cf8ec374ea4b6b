import {
  type Attributes,
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

/**
 * The one file that knows OpenTelemetry: its API alone. Without an SDK, which operators load if they want traces, none
 * of it does anything. Attributes are the program's own words and ids of the configuration; never a path, an address of
 * a person's, or what anybody typed.
 */
const tracer = (): Tracer => trace.getTracer('sallyport');

export type SpanFacts = Attributes;

/** What a request's span needs to be told. */
export interface RequestSpan {
  /** Runs what belongs to the request. */
  within(run: () => void): void;
  /** Named by the route, which is known at the end. `status` is undefined where whoever asked went away before. */
  end(name: string, facts: SpanFacts, status: number | undefined): void;
}

/**
 * `headers`: of whoever may say which trace the request belongs to (W3C Trace Context). Of all others nothing is read:
 * a stranger would choose trace ids, and what is sampled.
 */
export function requestSpan(method: string, headers?: Readonly<Record<string, unknown>>): RequestSpan {
  const parent = headers ? propagation.extract(ROOT_CONTEXT, traceOf(headers)) : ROOT_CONTEXT;
  const span = tracer().startSpan(method, { kind: SpanKind.SERVER }, parent);
  const entered = isSpanContextValid(span.spanContext()) ? trace.setSpan(parent, span) : undefined;
  return {
    within: (run) => (entered ? context.with(entered, run) : run()),
    end(name, facts, status) {
      span.updateName(name);
      span.setAttributes({ ...facts, ...(status !== undefined && { 'http.response.status_code': status }) });
      if (status !== undefined && status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** These two alone: `baggage` would be carried along, and is whatever somebody wrote. */
const traceOf = ({ traceparent, tracestate }: Readonly<Record<string, unknown>>) => ({
  ...(typeof traceparent === 'string' && { traceparent }),
  ...(typeof tracestate === 'string' && { tracestate }),
});

/** A span of what has begun at `begun`, by `performance.now()`, and ends with the promise. */
export function spanOf(name: string, facts: SpanFacts, begun: number, answer: Promise<unknown>): void {
  const span = tracer().startSpan(name, { kind: SpanKind.CLIENT, attributes: facts, startTime: begun });
  if (!span.isRecording()) return;
  answer.then(
    () => span.end(),
    (error: unknown) => failed(span, error),
  );
}

/** Runs something inside a span of its own: what it does belongs to that. */
export async function spanned<T>(name: string, facts: SpanFacts, run: () => Promise<T>): Promise<T> {
  const span = tracer().startSpan(name, { attributes: facts });
  if (!span.isRecording()) return run();
  try {
    const answer = await context.with(trace.setSpan(context.active(), span), run);
    span.end();
    return answer;
  } catch (error) {
    failed(span, error);
    throw error;
  }
}

/** By the error's class or code: messages may hold anything. */
function failed(span: Span, error: unknown): void {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  span.setAttribute('error.type', String(typeof code === 'string' ? code : (name ?? 'error')));
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
