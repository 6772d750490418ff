import type { Log, LogWriter } from "@millrace/core";

/**
 * A writer that fences nobody: the shared group only numbers the writers. No pipeline's name has a
 * colon, so no pipeline's group is meant.
 */
export async function openAppender(log: Log): Promise<LogWriter> {
  const { generation } = await log.joinGroup("topics:writers");
  const id = `topics:writer-${generation}`;
  return log.openWriter(id, await log.joinGroup(id));
}
