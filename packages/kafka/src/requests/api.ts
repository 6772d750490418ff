import type { RawRequest } from "../transport/transport.ts";
import { WireReader } from "../wire/reader.ts";
import { WireWriter } from "../wire/writer.ts";

/** A request of Kafka's protocol in the versions that we speak; all of them are flexible ones. */
export interface KafkaApi<Request, Answer> {
  readonly name: string;
  readonly key: number;
  readonly versionMin: number;
  readonly versionMax: number;
  write(writer: WireWriter, request: Request, version: number): void;
  read(reader: WireReader, version: number): Answer;
}

const apiVersionsKey = 18;

/** A request as bytes, in a version that the broker knows. */
export function encodeRequest<Request>(
  api: KafkaApi<Request, unknown>,
  request: Request,
  version: number,
): RawRequest {
  const writer = new WireWriter();
  api.write(writer, request, version);
  return { apiName: api.name, apiKey: api.key, apiVersion: version, body: writer.finish() };
}

/**
 * An answer from its bytes. Records in it are views of them.
 *
 * @throws KAFKA_ANSWER_INVALID
 */
export function decodeAnswer<Answer>(
  api: KafkaApi<never, Answer>,
  bytes: Uint8Array,
  version: number,
): Answer {
  const reader = new WireReader(bytes, api.name);
  // ResponseHeader v1 => correlation_id INT32, tags. ApiVersions is answered with v0, which has no
  // tags, so that a client of any age can read it.
  if (api.key !== apiVersionsKey) reader.tags();
  const answer = api.read(reader, version);
  reader.end();
  return answer;
}
