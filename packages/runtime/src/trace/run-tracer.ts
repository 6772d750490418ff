import { ProxyTracerProvider, trace, type Tracer } from "@opentelemetry/api";
import { TaskTracer } from "./task-tracer.ts";

/** What stands behind a provider's place while nobody has registered one. */
const noProvider = new ProxyTracerProvider().getDelegate();

/** Whether somebody in this thread has registered a provider of tracers. */
export function isTraced(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider && provider.getDelegate() === noProvider);
}

/** Spans of a run's tasks in one thread. */
export class RunTracer {
  readonly #pipeline: string;
  readonly #tracer: Tracer;

  private constructor(pipeline: string, tracer: Tracer) {
    this.#pipeline = pipeline;
    this.#tracer = tracer;
  }

  /** Undefined where nobody has registered a provider: nothing is then done for traces. */
  static open(pipeline: string): RunTracer | undefined {
    return isTraced() ? new RunTracer(pipeline, trace.getTracer("millrace")) : undefined;
  }

  /** @param name of a stage, or of a sink */
  task(name: string, partition: number): TaskTracer {
    const pipeline = this.#pipeline;
    return new TaskTracer(this.#tracer, {
      "millrace.pipeline": pipeline,
      "millrace.stage": name,
      "millrace.partition": partition,
    });
  }
}
