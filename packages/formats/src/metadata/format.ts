import type { DecoderOptions, RecordFormat, RowSchema } from "@millrace/core";
import type { RecordPlace } from "../registry/options.ts";
import type { MetadataOptions } from "./columns.ts";
import { MetadataRecordDecoder } from "./record-decoder.ts";
import { MetadataRecordEncoder } from "./record-encoder.ts";

/** A format whose rows have columns of metadata beside those of another format. */
export function metadataFormat(
  inner: RecordFormat,
  options: MetadataOptions,
  place: RecordPlace | undefined,
): RecordFormat {
  const isOwn = (name: string): boolean => Object.hasOwn(options.columns, name);
  const ofInner = ({ fields }: RowSchema): RowSchema => ({
    fields: fields.filter(({ name }) => !isOwn(name)),
  });
  const prepare = inner.prepareEncoding;
  return {
    name: inner.name,
    needsMeta: Object.keys(options.columns).length > 0,
    recordDecoder: (decoderOptions: DecoderOptions) => {
      const columns = decoderOptions.columns.filter((name) => !isOwn(name));
      const schema = ofInner(decoderOptions.schema);
      const decoder = inner.recordDecoder({ ...decoderOptions, schema, columns });
      return new MetadataRecordDecoder(decoder, decoderOptions, options, place?.topic ?? "");
    },
    ...(prepare === undefined ? {} : { prepareEncoding: (schema) => prepare(ofInner(schema)) }),
    recordEncoder: (schema) =>
      new MetadataRecordEncoder(inner.recordEncoder(ofInner(schema)), schema, options),
  };
}
