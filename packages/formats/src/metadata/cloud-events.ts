import { type FormatDescriptor, type Instant, type RowType, t } from "@millrace/core";
import { json } from "../json/descriptor.ts";
import { type MetadataColumn, recordHeader } from "./columns.ts";
import { type WithMetadata, withHeaders } from "./descriptor.ts";

/** The attributes of a CloudEvent in structured mode. */
export type CloudEventAttributes = {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly time: Instant | null;
};

/** A row of a CloudEvent in structured mode. */
export type CloudEvent<Row extends object> = CloudEventAttributes & { readonly data: Row };

/** The attributes of a CloudEvent in binary mode, as columns. */
export type CloudEventColumns = {
  readonly ceId: MetadataColumn<string>;
  readonly ceSource: MetadataColumn<string>;
  readonly ceType: MetadataColumn<string>;
  readonly ceSubject: MetadataColumn<string | null>;
  readonly ceTime: MetadataColumn<Instant | null>;
};

/** A row of a CloudEvent in binary mode: its attributes, beside the columns of its data. */
export type BinaryCloudEvent<Row extends object> = WithMetadata<Row, CloudEventColumns>;

/**
 * CloudEvents 1.0 in binary mode: the value is the data, in any format; the attributes are headers,
 * and columns `ceId ceSource ceType ceSubject ceTime`. Other attributes are passed over: read them
 * by `withMetadata` and `recordHeader("ce_…")`.
 *
 * @throws MillraceError `PLAN_ARGUMENT_INVALID` when the row type has a column of such a name
 */
export function binaryCloudEvents<Row extends object>(
  data: FormatDescriptor<Row>,
): FormatDescriptor<BinaryCloudEvent<Row>> {
  const columns: CloudEventColumns = {
    ceId: recordHeader("ce_id", t.utf8()),
    ceSource: recordHeader("ce_source", t.utf8()),
    ceType: recordHeader("ce_type", t.utf8()),
    ceSubject: recordHeader("ce_subject"),
    ceTime: recordHeader("ce_time", t.timestamp().nullable()),
  };
  return withHeaders(data, columns, { ce_specversion: "1.0" });
}

/**
 * The row type of a CloudEvent in structured mode, with its data as a row.
 *
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 *
 * const { fields } = cloudEventOf(t.row({ origin: t.utf8() })).schema;
 * fields.map(({ name }) => name).slice(4); // => ["subject", "time", "data"]
 * ```
 */
export function cloudEventOf<Row extends object>(data: RowType<Row>): RowType<CloudEvent<Row>> {
  return t.row({
    specversion: t.enum(["1.0"]),
    id: t.utf8(),
    source: t.utf8(),
    type: t.utf8(),
    subject: t.utf8().nullable(),
    time: t.timestamp().nullable(),
    data,
  }) as RowType<object> as RowType<CloudEvent<Row>>;
}

/**
 * CloudEvents 1.0 in structured mode: the value is one JSON object with the attributes and the
 * data, which is JSON too; a header says so. Members that are no column are passed over.
 */
export function structuredCloudEvents<Row extends object>(
  data: RowType<Row>,
): FormatDescriptor<CloudEvent<Row>> {
  const headers = { "content-type": "application/cloudevents+json; charset=UTF-8" };
  const format = withHeaders(json(cloudEventOf(data)), {}, headers);
  return format as FormatDescriptor<object> as FormatDescriptor<CloudEvent<Row>>;
}
