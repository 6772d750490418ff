export {
  destructiveFaults,
  type Fault,
  type FaultKind,
  type FaultPlan,
  type FaultPoint,
  formatFault,
  noFaults,
  parseFault,
  randomFaults,
  type RandomFaultsOptions,
  type RequestKind,
  type ScriptedFault,
  scriptedFaults,
  survivedFaults,
} from "./faults.ts";
export { openSimulatedLog, SimulatedLog, type SimulatedLogOptions } from "./simulated-log.ts";
export { SimulatedClock } from "./simulated-clock.ts";
export type { CommittedRecord, RecordListener } from "./simulated-cluster.ts";
export type { Effect, Request, SimulatedNetwork } from "./simulated-network.ts";
export type { SimulatedProcess } from "./simulated-process.ts";
