export { escapeText } from "./escape.ts";
export { htmlReport, type ReportOptions } from "./html-report.ts";
export { formatNumber, formatShare } from "./number-format.ts";
export { barsPlot, type BarsOptions } from "./plots/bars.ts";
export { forecastFanPlot, type ForecastFanOptions } from "./plots/forecast-fan.ts";
export type { FrameOptions } from "./plots/frame.ts";
export { heatMapPlot, type HeatMapOptions } from "./plots/heat-map.ts";
export { type Marker, timeSeriesPlot, type TimeSeriesOptions } from "./plots/time-series.ts";
export { type Block, figure, keyFigures, list, type Section, table, text } from "./section.ts";
