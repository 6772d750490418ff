export { bucketOf, bucketValue, DDSketch, relativeAccuracy } from "./dd-sketch.ts";
export {
  estimateRegisters,
  HyperLogLog,
  rankOf,
  registerCount,
  registerOf,
} from "./hyper-log-log.ts";
export { type KllOptions, KllSketch } from "./kll-sketch.ts";
