export { SinkExpectation } from "./testing/sink-expectation.ts";
export type { ReceivedRow, SentRow, SinkName, SourceName } from "./testing/part-types.ts";
export {
  TestedPipeline,
  testPipeline,
  type TestPipelineOptions,
} from "./testing/tested-pipeline.ts";
