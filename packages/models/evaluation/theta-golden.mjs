// Compares thetaForecast with the forecasts of R's thetaf on all M3 series.
import { readFileSync } from "node:fs";
import { thetaForecast } from "@millrace/models";
import { dataFolder } from "./data-folder.mjs";

const folder = dataFolder();
if (folder !== undefined) compare(folder);

function compare(folder) {
  const series = JSON.parse(readFileSync(`${folder}/m3/m3.json`, "utf8"));
  const lines = readFileSync(`${folder}/m3/reference_r_forecast_8.20/theta.csv`, "utf8");
  const periods = { YEARLY: 1, QUARTERLY: 4, MONTHLY: 12, OTHER: 1 };
  const differences = {};
  for (const line of lines.trim().split("\n")) {
    const [id, ...expected] = line.split(",");
    const { x, period } = series[id];
    const result = thetaForecast(Float64Array.from(x), periods[period[0]], expected.length, []);
    let worst = 0;
    for (let h = 0; h < expected.length; h++) {
      worst = Math.max(worst, Math.abs(result.mean[h] - expected[h]) / Math.abs(expected[h]));
    }
    (differences[period[0]] ??= []).push({ id, worst, alpha: result.alpha });
  }
  for (const [period, list] of Object.entries(differences)) {
    list.sort((a, b) => a.worst - b.worst);
    const at = (share) => list[Math.min(list.length - 1, Math.floor(share * list.length))].worst;
    const near = list.filter((each) => each.worst <= 1e-3).length;
    console.log(
      `${period}: ${list.length} series, relative difference median ${at(0.5).toExponential(1)}, ` +
        `p95 ${at(0.95).toExponential(1)}, max ${at(1).toExponential(1)}; within 1e-3: ${near}`,
    );
    for (const { id, worst, alpha } of list.slice(-4)) {
      console.log(`  ${id} ${worst.toExponential(1)} (alpha ${alpha.toFixed(4)})`);
    }
  }
}
