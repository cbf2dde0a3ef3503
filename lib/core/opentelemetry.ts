/**
 * The OpenTelemetry API that the runtime provides with `OTEL_DENO=true`, in each isolate, under the well-known symbol of
 * `@opentelemetry/api`. Only the parts are typed that the library uses.
 *
 * @module
 */

/** Values of span attributes. */
export type Attributes = Record<string, string | number>;

/** The part of a span that other processes learn. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** A span. */
export interface Span {
  spanContext(): SpanContext;
  setAttributes(attributes: Attributes): void;
  setStatus(status: { code: number; message?: string }): void;
  recordException(error: unknown): void;
  end(time?: number): void;
}

/** An immutable context, which holds the active span. */
export interface Context {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): Context;
}

/** The API object. */
export interface OpenTelemetry {
  readonly trace?: {
    getTracer(name: string): {
      startSpan(
        name: string,
        options: { kind?: number; attributes?: Attributes; startTime?: number },
        context: Context,
      ): Span;
    };
  };
  readonly context?: { active(): Context; with<R>(context: Context, run: () => R): R };
  readonly metrics?: { getMeter(name: string): Meter };
}

/** Makes instruments. */
export interface Meter {
  createCounter(name: string, options: object): { add(value: number, attributes: Attributes): void };
  createHistogram(name: string, options: object): { record(value: number, attributes: Attributes): void };
  createObservableGauge(name: string, options: object): {
    addCallback(observe: (result: { observe(value: number, attributes: Attributes): void }) => void): void;
  };
}

/** Under this key a context holds its span. */
export const SPAN: symbol = Symbol.for("OpenTelemetry Context Key SPAN");
/** The status code of a failure. */
export const ERROR = 2;

/** Returns the API; `undefined` if telemetry is off. */
export function openTelemetry(): OpenTelemetry | undefined {
  return (globalThis as Record<symbol, unknown>)[Symbol.for("opentelemetry.js.api.1")] as OpenTelemetry | undefined;
}

/** Formats the `traceparent` of a span (W3C Trace Context). */
export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** Returns the `traceparent` of the span that is active where this is called; `undefined` without one. */
export function activeTraceparent(): string | undefined {
  const span = openTelemetry()?.context?.active().getValue(SPAN) as Span | undefined;
  return span && traceparentOf(span);
}

/** Makes a context whose span is that of a `traceparent`, in another isolate or process. */
export function contextOf(context: Context, traceparent: string): Context {
  const [, traceId, spanId, flags] = traceparent.split("-");
  const spanContext = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
  return context.setValue(SPAN, { spanContext: () => spanContext, isRecording: () => false });
}
