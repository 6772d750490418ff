import { type Log, type LogWriter, millraceError } from "@millrace/core";

/** What happens to one commit. `unknown-*`: it fails as indefinite, having happened or not. */
export type CommitFault = "none" | "crash" | "unknown-committed" | "unknown-lost";

/** A real log whose commits go wrong as told; everything else passes through. */
export function faultyLog(log: Log, faultOf: (writerId: string) => CommitFault): Log {
  const wrapped: Log = {
    createTopic: (spec) => log.createTopic(spec),
    deleteTopics: (names) => log.deleteTopics(names),
    topics: () => log.topics(),
    joinGroup: (group) => log.joinGroup(group),
    openGroup: (options) => log.openGroup(options),
    openWriter: async (...args) => faultyWriter(await log.openWriter(...args), faultOf),
    openAppender: async (name) => faultyWriter(await log.openAppender(name), faultOf),
    bounds: (topic, partition) => log.bounds(topic, partition),
    openReader: (topic, partition, from, options) =>
      log.openReader(topic, partition, from, options),
    truncate: (topic, partition, before) => log.truncate(topic, partition, before),
    close: () => log.close(),
  };
  return wrapped;
}

function faultyWriter(writer: LogWriter, faultOf: (writerId: string) => CommitFault): LogWriter {
  return {
    id: writer.id,
    get pendingBytes() {
      return writer.pendingBytes;
    },
    append: (topic, partition, value) => writer.append(topic, partition, value),
    appendAll: (topic, partition, values) => writer.appendAll(topic, partition, values),
    abort: () => writer.abort(),
    close: () => writer.close(),
    commit: async () => {
      const fault = faultOf(writer.id);
      if (fault === "crash") throw new Error(`crash in a commit of ${writer.id}`);
      if (fault === "unknown-lost") writer.abort();
      else await writer.commit();
      if (fault !== "none") {
        throw millraceError("LOG_COMMIT_INDEFINITE", { writerId: writer.id, problem: "told to" });
      }
    },
  };
}
