// Loaded by the thread that `Heartbeats` starts.
import { parentPort, workerData } from "node:worker_threads";
import { assert, systemClock } from "@millrace/core";
import { HeartbeatLoop } from "./heartbeat-loop.ts";
import type { HeartbeatSetup } from "./heartbeat-messages.ts";

assert(parentPort !== null, "This module is loaded by a thread only.");
await new HeartbeatLoop(workerData as HeartbeatSetup, parentPort, systemClock).run();
