export { detectionColumns } from "./detectors/detection-columns.ts";
export { seasonal, type SeasonalOptions } from "./detectors/seasonal.ts";
export { theta, type ThetaOptions } from "./forecasters/theta.ts";
export { type ThetaForecast, thetaForecast } from "./forecasters/theta-forecast.ts";
export { modelRegistry } from "./registry.ts";
export { memorySeriesState } from "./series/memory-series-state.ts";
