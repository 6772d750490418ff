import type { ModelRegistry } from "@millrace/core";
import { seasonalDetector } from "./detectors/seasonal-detector.ts";
import { thetaForecaster } from "./forecasters/theta.ts";

/** Every model of this package by kind; what the operators look descriptors up in. */
export const modelRegistry: ModelRegistry = {
  detectors: { seasonal: seasonalDetector },
  forecasters: { theta: thetaForecaster },
};
