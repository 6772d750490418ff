import { hiddenColumns } from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";
import type { OutputLayout } from "../output-layout.ts";

/** The hidden columns of a batch, with another event time. */
export function hiddenAt(batch: RecordBatch, layout: OutputLayout, time: Data): Data[] {
  return layout.hidden.map((index) => {
    const isTime = batch.schema.fields[index]?.name === hiddenColumns.time;
    return isTime ? time : (batch.data.children[index] as Data);
  });
}
