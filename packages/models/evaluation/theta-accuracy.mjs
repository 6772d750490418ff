// Accuracy and interval coverage of thetaForecast on M3 and M4 Weekly.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { thetaForecast } from "@millrace/models";
import { dataFolder } from "./data-folder.mjs";

const levels = [0.025, 0.1, 0.9, 0.975];
const metricsPath = process.env.MILLRACE_FORECAST_METRICS;
const folder = dataFolder();
if (folder !== undefined && metricsPath === undefined) {
  console.error("SKIPPED: MILLRACE_FORECAST_METRICS does not name forecast-metrics.mjs.");
} else if (folder !== undefined) {
  const metrics = await import(pathToFileURL(metricsPath).href);
  const m3 = Object.values(JSON.parse(readFileSync(`${folder}/m3/m3.json`, "utf8")));
  const periods = { YEARLY: 1, QUARTERLY: 4, MONTHLY: 12, OTHER: 1 };
  for (const [name, period] of Object.entries(periods)) {
    measure(
      `M3 ${name}`,
      metrics,
      m3.filter((one) => one.period[0] === name),
      period,
    );
  }
  measure("M4 Weekly (period 1, as the competition)", metrics, metrics.readM4("Weekly"), 1);
}

function measure(title, metrics, list, period) {
  const sum = { smape: 0, mase: 0, smape2: 0, mase2: 0, in80: 0, in95: 0, below: 0, points: 0 };
  for (const { x, xx } of list) {
    const result = thetaForecast(Float64Array.from(x), period, xx.length, levels);
    const mean = Array.from(result.mean);
    const naive = metrics.naive2(x, period, xx.length);
    sum.smape += metrics.smape(xx, mean) / list.length;
    sum.mase += metrics.mase(x, xx, mean, period) / list.length;
    sum.smape2 += metrics.smape(xx, naive) / list.length;
    sum.mase2 += metrics.mase(x, xx, naive, period) / list.length;
    for (let h = 0; h < xx.length; h++) {
      const [q025, q10, q90, q975] = result.quantiles.map((quantile) => quantile[h]);
      sum.in80 += xx[h] >= q10 && xx[h] <= q90 ? 1 : 0;
      sum.in95 += xx[h] >= q025 && xx[h] <= q975 ? 1 : 0;
      sum.points++;
    }
  }
  const owa = (sum.smape / sum.smape2 + sum.mase / sum.mase2) / 2;
  console.log(
    `${title}: ${list.length} series, sMAPE ${sum.smape.toFixed(3)}, MASE ${sum.mase.toFixed(3)}, ` +
      `OWA ${owa.toFixed(3)}, coverage of 80 %: ${((100 * sum.in80) / sum.points).toFixed(1)}, ` +
      `of 95 %: ${((100 * sum.in95) / sum.points).toFixed(1)}`,
  );
}
