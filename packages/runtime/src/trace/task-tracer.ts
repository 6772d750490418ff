import {
  type Attributes,
  context,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { linksTo, toTraceParent } from "./trace-parent.ts";

/** Batches of a transaction that its commit links to; of more, the first ones. */
const linksMax = 32;

/** A batch that has been read. */
export interface TracedBatch {
  /** Id of a source, or name of a repartition topic. */
  readonly input: string;
  readonly rows: number;
  /** Values of `traceparent` that came with it. */
  readonly traceParents: readonly string[];
  /** When its read began, in ms since 1970. */
  readonly readAt: number;
}

/**
 * Spans of one task, or of one sink task.
 *
 * `millrace.batch` goes from the read of a batch to where its rows have left the operators; it
 * links to the commits that wrote them. `millrace.commit` is a child of the first batch of its
 * transaction and links to the others. `millrace.write` is what a sink's store takes.
 */
export class TaskTracer {
  readonly #tracer: Tracer;
  readonly #attributes: Attributes;
  /** Of the open transaction. */
  #batches: SpanContext[] = [];

  constructor(tracer: Tracer, attributes: Attributes) {
    this.#tracer = tracer;
    this.#attributes = attributes;
  }

  /** Processes a batch within its span; spans that user functions open are its children. */
  batch({ input, rows, traceParents, readAt }: TracedBatch, process: () => void): void {
    const span = this.#start("millrace.batch", {
      kind: SpanKind.CONSUMER,
      startTime: readAt,
      links: linksTo(traceParents),
      attributes: { "millrace.input": input, "millrace.rows": rows },
    });
    if (this.#batches.length < linksMax) this.#batches.push(span.spanContext());
    try {
      context.with(trace.setSpan(context.active(), span), process);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  /**
   * Commits within a span.
   *
   * @param commit gets the value of `traceparent` that records of the transaction may carry;
   *   undefined where the span is not kept
   */
  async commit(commit: (traceParent: string | undefined) => Promise<void>): Promise<void> {
    const [first, ...others] = this.#batches;
    this.#batches = [];
    const parent =
      first === undefined ? context.active() : trace.setSpanContext(context.active(), first);
    const links = others.map((each) => ({ context: each }));
    const span = this.#start("millrace.commit", { kind: SpanKind.PRODUCER, links }, parent);
    await within(span, () => commit(toTraceParent(span.spanContext())));
  }

  /** Writes rows to a store within a span that links to the commits which wrote them. */
  async write(
    { rows, traceParents }: Pick<TracedBatch, "rows" | "traceParents">,
    write: () => Promise<void>,
  ): Promise<void> {
    const span = this.#start("millrace.write", {
      kind: SpanKind.CONSUMER,
      links: linksTo(traceParents),
      attributes: { "millrace.rows": rows },
    });
    await within(span, write);
  }

  #start(name: string, options: SpanOptions, parent = context.active()): Span {
    const attributes = { ...this.#attributes, ...options.attributes };
    return this.#tracer.startSpan(name, { ...options, attributes }, parent);
  }
}

async function within(span: Span, work: () => Promise<void>): Promise<void> {
  try {
    await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  span.recordException(error instanceof Error ? error : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
