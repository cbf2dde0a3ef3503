/**
 * Runs a call inside of a span, which continues the trace of the code that submitted the call. Loaded only with the first
 * call that belongs to a trace.
 *
 * @module
 */
import { contextOf, ERROR, openTelemetry, SPAN } from "../lib/core/opentelemetry.ts";
import type { RunningCall } from "../lib/core/running_call.ts";

const CONSUMER = 4;

/** Runs `run` inside of the span of a call. Without telemetry in this worker, it runs without a span. */
export function traceCall(name: string, traceparent: string, call: RunningCall, run: () => unknown): unknown {
  const api = openTelemetry();
  if (!api?.trace || !api.context) return run();
  const parent = contextOf(api.context.active(), traceparent);
  const attributes = {
    "isopool.worker": call.workerId,
    "isopool.attempt": call.attempt,
  };
  const span = api.trace.getTracer("isopool").startSpan(
    `run ${name || "task"}`,
    { kind: CONSUMER, attributes },
    parent,
  );
  const failed = (error: unknown): never => {
    try {
      span.recordException(error);
      span.setStatus({ code: ERROR, message: String(error) });
    } catch {
      span.setStatus({ code: ERROR }); // The object cannot be converted to text. The caller must still get it.
    }
    span.end();
    throw error;
  };
  let value: unknown;
  try {
    value = api.context.with(parent.setValue(SPAN, span), run);
  } catch (error) {
    return failed(error);
  }
  if (typeof (value as PromiseLike<unknown> | null)?.then !== "function") {
    span.end();
    return value;
  }
  return (value as PromiseLike<unknown>).then((result) => {
    span.end();
    return result;
  }, failed);
}
