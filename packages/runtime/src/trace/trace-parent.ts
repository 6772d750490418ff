import { isSpanContextValid, type Link, type SpanContext, TraceFlags } from "@opentelemetry/api";

const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A span as the header `traceparent` names it; undefined for one that nobody keeps. */
export function toTraceParent(context: SpanContext): string | undefined {
  const { traceId, spanId, traceFlags } = context;
  if (!isSpanContextValid(context) || (traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** Links to the spans that headers name; what is none is left out. */
export function linksTo(traceParents: readonly string[]): Link[] {
  return traceParents.flatMap((text) => {
    const [, traceId = "", spanId = "", flags = ""] = pattern.exec(text) ?? [];
    const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
    return isSpanContextValid(context) ? [{ context }] : [];
  });
}
