import { writeFile } from "node:fs/promises";
import {
  formatNumber,
  formatShare,
  htmlReport,
  keyFigures,
  list,
  type Section,
  text,
} from "@millrace/report";
import { withDatabase } from "./database.ts";
import { delaySection } from "./delay-section.ts";
import { readAnomalousDays, readForecastAccuracy, readTotals } from "./findings.ts";
import { describeAccuracy, describeDay } from "./flight-summary.ts";
import { accuracyByStep, forecastSection } from "./forecast-section.ts";
import { airportSection, heatMapSection } from "./overview-sections.ts";

/** Reads the pipeline's tables and writes one self-contained HTML page. */
export async function writeFlightReport(options: {
  databaseFile: string;
  outputFile: string;
}): Promise<void> {
  const html = await withDatabase(options.databaseFile, async (query) => {
    const totals = await readTotals(query);
    const [marked] = await query<{ hours: number }>("SELECT count(*) AS hours FROM anomalies");
    const accuracy = await readForecastAccuracy(query);
    const days = await readAnomalousDays(query, 12);
    const figures = keyFigures([
      { value: formatNumber(totals.flights), label: "flights" },
      { value: formatNumber(totals.airports), label: "airports" },
      { value: `${formatNumber(totals.meanDelay, 1)} min`, label: "mean delay" },
      { value: formatShare(totals.shareDelayed), label: "more than 15 minutes late" },
      { value: formatNumber(marked?.hours ?? 0), label: "airport hours out of range" },
      { value: formatNumber(accuracy.points), label: "forecast hours checked" },
    ]);
    const dayList = days.map((day) => `${describeDay(day)}.`);
    const sections: Section[] = [
      { title: "In short", blocks: [figures] },
      { title: "The most unusual days", blocks: [text(dayNote), list(dayList)] },
      await delaySection(query),
      await heatMapSection(query),
      await forecastSection(query),
      {
        title: "How the forecasts did",
        blocks: [
          text(...describeAccuracy(accuracy).map((line) => `${line}.`), accuracyNote),
          await accuracyByStep(query),
        ],
      },
      await airportSection(query),
    ];
    const from = new Date(totals.start).toISOString().slice(0, 10);
    const to = new Date(totals.end).toISOString().slice(0, 10);
    const subtitle = `Departures in the United States, ${from} to ${to}, by airport and hour`;
    return htmlReport({ title: "Flight delays", subtitle, sections });
  });
  await writeFile(options.outputFile, html);
}

const dayNote =
  "Days are ordered by the delay beyond what was expected (minutes × flights), over all airport " +
  "hours that were marked as anomalies. The data does not say why a day was unusual.";

const accuracyNote =
  "Every forecast was made before the hours it speaks of. An interval of 80 % should hold about " +
  "80 % of what came.";
