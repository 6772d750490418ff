import type { Clock } from "@millrace/core";
import { isMillraceError } from "@millrace/core";
import type { ObservedRun, RunNotice, TopicLag } from "@millrace/runtime";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import {
  counterTable,
  gaugeTable,
  type HistogramSpec,
  histogramTable,
  type MetricSpec,
} from "./metric-table.ts";
import { setLagGauges, setTaskGauges } from "./run-gauges.ts";
import { TaskCounters } from "./task-counters.ts";

/** A scrape does not wait for longer than this for a log that does not answer. */
const lagTimeoutMs = 3_000;

/** A run whose metrics are given. */
interface Observed {
  readonly run: ObservedRun;
  readonly counters: TaskCounters;
  isReady: boolean;
  share: { readonly partitions: number; readonly groupGeneration: number } | undefined;
}

/**
 * The metrics of all runs of a process, and those of the process itself.
 *
 * **Cost** per commit a few sums; what else there is, is read off the tasks when somebody asks
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #clock: Clock;
  readonly #counters = makeAll(counterTable, (options) => new Counter(options), this.#registry);
  readonly #gauges = makeAll(gaugeTable, (options) => new Gauge(options), this.#registry);
  readonly #histograms = makeAll(
    histogramTable,
    (options, { buckets }: HistogramSpec) => new Histogram({ ...options, buckets: [...buckets] }),
    this.#registry,
  );
  /** Those that have not ended. */
  readonly #runs = new Set<Observed>();

  constructor(clock: Clock) {
    this.#clock = clock;
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** As `RunObserver`. */
  observe(run: ObservedRun): (notice: RunNotice) => void {
    const counters = new TaskCounters(run.pipeline, this.#counters);
    const observed: Observed = { run, counters, isReady: false, share: undefined };
    this.#counters.millrace_rebalances_total.inc({ pipeline: run.pipeline }, 0);
    this.#runs.add(observed);
    return (notice) => this.#take(observed, notice);
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    const lags = await Promise.all([...this.#runs].map((observed) => this.#lagsOf(observed)));
    // From here on in one go: two scrapes do not mix.
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    for (const observed of this.#runs) this.#setGauges(observed);
    for (const { pipeline, topics } of lags) setLagGauges(this.#gauges, pipeline, topics);
    return this.#registry.metrics();
  }

  #setGauges({ run, counters, isReady, share }: Observed): void {
    const { pipeline } = run;
    counters.update(run.reports());
    setTaskGauges(this.#gauges, run, this.#clock.now());
    this.#gauges.millrace_run_ready.set({ pipeline }, isReady ? 1 : 0);
    if (share === undefined) return;
    this.#gauges.millrace_run_partitions.set({ pipeline }, share.partitions);
    this.#gauges.millrace_run_group_generation.set({ pipeline }, share.groupGeneration);
  }

  /** None where the log does not answer: the other metrics are then wanted all the more. */
  async #lagsOf({ run }: Observed): Promise<{ pipeline: string; topics: readonly TopicLag[] }> {
    const { pipeline } = run;
    const answered = new AbortController();
    const timeOut = this.#clock.sleep(lagTimeoutMs, answered.signal).then(() => undefined);
    // Why the log does not answer is told by the run, which needs it more than a scrape does.
    const topics = await Promise.race([run.lags().catch(() => undefined), timeOut]);
    answered.abort();
    if (topics === undefined) this.#counters.millrace_lag_failures_total.inc({ pipeline });
    return { pipeline, topics: topics ?? [] };
  }

  #take(observed: Observed, notice: RunNotice): void {
    const { pipeline } = observed.run;
    switch (notice.kind) {
      case "share-taken": {
        const { partitions, groupGeneration } = notice;
        observed.share = { partitions: partitions.length, groupGeneration };
        this.#counters.millrace_rebalances_total.inc({ pipeline });
        return;
      }
      case "running":
        observed.isReady = true;
        return;
      case "share-ended":
        observed.isReady = false;
        observed.share = undefined;
        return observed.counters.end(notice.reports);
      case "tasks-released":
        return observed.counters.release(notice.reports);
      case "restarting":
        this.#counters.millrace_restarts_total.inc({ pipeline, code: codeOf(notice.error) });
        return;
      case "task-restored":
        return this.#histograms.millrace_restore_duration_seconds.observe(
          { pipeline, stage: notice.task.stage },
          notice.durationMs / 1_000,
        );
      case "committed": {
        const labels = { pipeline, stage: notice.task.stage };
        this.#histograms.millrace_commit_duration_seconds.observe(
          labels,
          notice.durationMs / 1_000,
        );
        this.#histograms.millrace_commit_rows.observe(labels, notice.rows);
        return;
      }
      case "ended":
      case "failed":
        this.#runs.delete(observed);
    }
  }
}

function codeOf(error: unknown): string {
  return isMillraceError(error) ? error.code : "UNEXPECTED";
}

/** What every metric of prom-client is made with. */
interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

function makeAll<Name extends string, Spec extends MetricSpec, Metric>(
  table: Readonly<Record<Name, Spec>>,
  make: (options: MetricOptions, spec: Spec) => Metric,
  registry: Registry,
): Readonly<Record<Name, Metric>> {
  const made = Object.entries<Spec>(table).map(([name, spec]) => {
    const { help, labels } = spec;
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    return [name, make(options, spec)];
  });
  return Object.fromEntries(made) as Record<Name, Metric>;
}
