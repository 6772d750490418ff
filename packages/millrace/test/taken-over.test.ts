import { type Log, type LogWriter, millraceError } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { pipeline, run, t } from "millrace";
import { json, openTopic, topic } from "millrace/log";
import { expect, test } from "vitest";

const Row = t.row({ id: t.int64() });
const rows = [{ id: 1 }, { id: 2 }];

/** A log whose group says that it is shared, and of which one opening of a writer is refused. */
function withRefusedWriter(log: Log, isRefused: (id: string) => boolean): Log {
  let hasRefused = false;
  return new Proxy(log, {
    get(target, name: keyof Log) {
      if (name === "openWriter") {
        return async (...args: Parameters<Log["openWriter"]>): Promise<LogWriter> => {
          const [id, { group, generation }] = args;
          if (hasRefused || !isRefused(id)) return target.openWriter(...args);
          hasRefused = true;
          throw millraceError("LOG_GENERATION_STALE", { group, generation });
        };
      }
      if (name === "openGroup") {
        return async (options: Parameters<Log["openGroup"]>[0]) => {
          const group = await target.openGroup(options);
          return { isShared: true, join: () => group.join(), leave: () => group.leave() };
        };
      }
      const member = target[name];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

test.each([
  ["while it prepares the generation", (id: string) => id.endsWith(".control")],
  ["while it opens its tasks", (id: string) => !id.endsWith(".control")],
])("a run that is sent away %s joins again", async (_, isRefused) => {
  const log = withRefusedWriter(openMemoryLog(), isRefused);
  const input = await openTopic(log, "input", json(Row));
  await input.append(rows);
  await input.close();
  const copy = pipeline("copy", (p) => {
    p.source("in", topic("input", json(Row), { until: "end" })).sink(
      "out",
      topic("output", json(Row)),
    );
  });
  const summary = await run(copy, { log });
  expect(summary.outcome).toBe("finished");
  const output = await openTopic(log, "output", json(Row));
  const written: object[] = [];
  for await (const row of output.rows()) written.push(row);
  expect(written).toEqual(rows);
  await log.close();
});
