// Scores `seasonal` on the Numenta Anomaly Benchmark files with one fixed setting: a daily period,
// all else by default.
import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { days } from "@millrace/core";
import { detectionColumns, memorySeriesState, modelRegistry, seasonal } from "@millrace/models";
import { dataFolder } from "./data-folder.mjs";

const scorerPath = process.env.MILLRACE_NAB_SCORER;
const folder = dataFolder();
if (folder !== undefined && scorerPath === undefined) {
  console.error("SKIPPED: MILLRACE_NAB_SCORER does not name nabscore.mjs; nothing was evaluated.");
} else if (folder !== undefined) {
  const scorer = await import(pathToFileURL(scorerPath).href);
  report("seasonal", scorer, scores(scorer, folder, detect));
  report("windowed Gaussian", scorer, scores(scorer, folder, windowedGaussian));
}

function scores(scorer, folder, method) {
  const files = new Map();
  for (const group of readdirSync(`${folder}/nab/data`)) {
    for (const name of readdirSync(`${folder}/nab/data/${group}`)) {
      const { t, v } = scorer.readCsv(`${folder}/nab/data/${group}/${name}`);
      const time = Float64Array.from(t, (text) => Date.parse(`${text.replace(" ", "T")}Z`));
      files.set(`${group}/${name}`, { t, s: method(time, Float64Array.from(v)) });
    }
  }
  return files;
}

function report(title, scorer, files) {
  const names = [...files.keys()];
  const result = scorer.scoreDetector((file) => files.get(file), names);
  const text = Object.entries(result).map(
    ([profile, { final, thr }]) => `${profile} ${final.toFixed(1)} (at ${thr.toFixed(3)})`,
  );
  console.log(`${title}: ${text.join(", ")} on ${names.length} files`);
  if (process.argv.includes("--files")) {
    for (const name of names) {
      const one = scorer.scoreDetector((file) => files.get(file), [name]);
      console.log(`  ${name} best ${one.standard?.final.toFixed(1)} at ${one.standard?.thr}`);
    }
  }
}

function detect(time, value) {
  const steps = Array.from(time.subarray(1), (at, i) => at - time[i]).sort((a, b) => a - b);
  const stepMs = steps[steps.length >> 1];
  const { options } = seasonal({ period: days(1) });
  const detector = modelRegistry.detectors.seasonal(options, { stepMs });
  const state = memorySeriesState(detector.slots);
  state.ensure(1);
  const out = detectionColumns(time.length);
  const series = new Int32Array(time.length);
  detector.update(state, { count: time.length, series, time, value }, out);
  const known = out.score.filter((score) => !Number.isNaN(score)).length;
  if (process.argv.includes("--alarms")) {
    const alarms = out.isAnomaly.reduce((sum, each) => sum + each, 0);
    console.log(`  ${((100 * alarms) / known).toFixed(2)} % of ${known} are anomalies`);
  }
  return out.score.map((score) => (Number.isNaN(score) ? 0 : score));
}

/** The benchmark's own baseline: Gaussian tail of the last 6,400 values, refreshed every 100. */
function windowedGaussian(_, value) {
  let [mean, deviation] = [0, 1];
  return value.map((x, i) => {
    if (i === 0) return 0;
    if (i < 6_400 || i % 100 === 0) {
      const window = value.subarray(Math.max(0, i - 6_400), i);
      mean = window.reduce((a, b) => a + b, 0) / window.length;
      deviation = Math.sqrt(window.reduce((a, b) => a + (b - mean) ** 2, 0) / window.length);
      if (deviation === 0) deviation = 1e-6;
    }
    return 1 - gaussianTail(Math.abs(x - mean) / deviation);
  });
}

function gaussianTail(z) {
  // Abramowitz & Stegun 26.2.17.
  const t = 1 / (1 + 0.2316419 * z);
  const series =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
