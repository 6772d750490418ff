import type { Log } from "@millrace/core";
import { inputTopic } from "./kill-pipeline.ts";
import type { KillRows } from "./kill-rows.ts";

const commitBytes = 1024 * 1024;

/** Writes the input into new topics, as JSON, row by row in turn to the partitions. */
export async function fillInput(
  log: Log,
  input: string,
  { orders, payments }: KillRows,
  partitions: number,
): Promise<void> {
  await fillTopic(log, inputTopic(input, "orders"), orders, partitions);
  await fillTopic(log, inputTopic(input, "payments"), payments, partitions);
}

async function fillTopic(
  log: Log,
  name: string,
  rows: readonly { readonly at: number }[],
  partitions: number,
): Promise<void> {
  await log.createTopic({ name, partitions, kind: "records" });
  const encoder = new TextEncoder();
  const writer = await log.openAppender();
  try {
    for (const [index, row] of rows.entries()) {
      const at = new Date(row.at).toISOString();
      writer.append(name, index % partitions, encoder.encode(JSON.stringify({ ...row, at })));
      if (writer.pendingBytes >= commitBytes) await writer.commit();
    }
    await writer.commit();
  } finally {
    await writer.close();
  }
}
