import { ManualClock } from "@millrace/conformance";
import { millraceError } from "@millrace/core";
import {
  ecsLogger,
  type LogFields,
  type LogLevel,
  logRun,
  prettyLogger,
  type RunLogger,
} from "@millrace/observe";
import type { ObservedRun, RunNotice } from "@millrace/runtime";
import { expect, test } from "vitest";

const run: ObservedRun = {
  pipeline: "flights",
  reports: () => [],
  longestTurn: () => undefined,
  lags: () => Promise.resolve([]),
};

interface Line {
  readonly level: LogLevel;
  readonly fields: LogFields;
  readonly message: string;
}

function collect(): { readonly lines: Line[]; readonly logger: RunLogger } {
  const lines: Line[] = [];
  const at = (level: LogLevel) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message });
  };
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { lines, logger };
}

const task = { stage: "stage-flights", partition: 3 };

function deadLetters(count: number): RunNotice {
  return { kind: "dead-letters", task, count, code: "RECORD_MALFORMED", reason: "no JSON" };
}

test("dead letters are told at once, then summed up for ten seconds", async () => {
  const { lines, logger } = collect();
  const clock = new ManualClock(0);
  const listen = logRun(logger, clock)(run);
  const counts = (): unknown[] => lines.map(({ fields }) => fields["millrace.dead_letters"]);
  listen(deadLetters(1));
  listen(deadLetters(10));
  await clock.advance(9_999);
  listen(deadLetters(100));
  expect(counts()).toEqual([1]);
  await clock.advance(1);
  listen(deadLetters(1_000));
  expect(counts()).toEqual([1, 1_110]);
  listen(deadLetters(5));
  listen({ kind: "share-ended", reports: [] });
  expect(counts()).toEqual([1, 1_110, 5, undefined]);
  expect(lines[0]).toEqual({
    level: "warn",
    message: "1 dead letter, such as RECORD_MALFORMED: no JSON",
    fields: {
      "service.name": "flights",
      "service.type": "millrace",
      "event.action": "dead-letters",
      "millrace.stage": "stage-flights",
      "millrace.partition": 3,
      "error.code": "RECORD_MALFORMED",
      "error.message": "no JSON",
      "millrace.dead_letters": 1,
    },
  });
});

test("a restart is a warning with the error's code, and a failure is an error", () => {
  const { lines, logger } = collect();
  const listen = logRun(logger, new ManualClock(0))(run);
  const error = millraceError("KAFKA_UNREACHABLE", { broker: "a:1", problem: "refused" });
  listen({ kind: "restarting", error, restart: 2, delayMs: 100 });
  listen({ kind: "failed", error: "thrown" });
  expect(lines).toMatchObject([
    {
      level: "warn",
      fields: {
        "event.action": "run-restarting",
        "error.code": "KAFKA_UNREACHABLE",
        "millrace.restart": 2,
        "millrace.delay_ms": 100,
      },
    },
    {
      level: "error",
      message: "failed with UNEXPECTED: thrown",
      fields: { "event.action": "run-failed", "error.code": "UNEXPECTED" },
    },
  ]);
  expect(lines[1]?.fields).not.toHaveProperty("error.stack_trace");
});

test("a store that fails is a warning that names the sink and the wait", () => {
  const { lines, logger } = collect();
  const listen = logRun(logger, new ManualClock(0))(run);
  const reason = "connection refused";
  const failure = { sink: "orders", partition: 2, code: "POSTGRES_UNREACHABLE", reason };
  listen({ kind: "store-failed", ...failure, failures: 3, delayMs: 412.3 });
  expect(lines).toMatchObject([
    {
      level: "warn",
      message: "orders/2 asks again in 412 ms after POSTGRES_UNREACHABLE: connection refused",
      fields: { "event.action": "store-failed", "millrace.sink": "orders", "millrace.failures": 3 },
    },
  ]);
});

test("a logger that throws fails with a code", () => {
  const fail = (): never => {
    throw new Error("disk full");
  };
  const logger = { debug: fail, info: fail, warn: fail, error: fail };
  const listen = logRun(logger, new ManualClock(0))(run);
  expect(() => listen({ kind: "started" })).toThrow(
    expect.objectContaining({
      code: "RUN_FUNCTION_FAILED",
      params: { step: "logger", problem: "disk full" },
    }),
  );
});

test("lines are JSON with names of the Elastic Common Schema, or text, from their level on", () => {
  const lines: string[] = [];
  const options = {
    write: (line: string) => void lines.push(line),
    level: "warn",
    clock: new ManualClock(Date.UTC(2026, 0, 5, 12)),
  } as const;
  for (const logger of [ecsLogger(options), prettyLogger(options)]) {
    logger.info({ "service.name": "flights" }, "left out");
    logger.warn({ "service.name": "flights", "millrace.rows": 7 }, "told");
  }
  const [json = "", text] = lines;
  expect(json.endsWith("\n")).toBe(true);
  expect(JSON.parse(json)).toEqual({
    "log.level": "warn",
    "@timestamp": "2026-01-05T12:00:00.000Z",
    "ecs.version": "8.17.0",
    "process.pid": process.pid,
    "host.hostname": expect.any(String),
    "service.name": "flights",
    "millrace.rows": 7,
    message: "told",
  });
  expect(text).toBe("12:00:00.000 WARN  flights: told\n");
  expect(lines).toHaveLength(2);
});
