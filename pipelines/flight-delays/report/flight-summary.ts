import { formatNumber, formatShare } from "@millrace/report";
import { withDatabase } from "./database.ts";
import {
  type AnomalousDay,
  type ForecastAccuracy,
  nameDay,
  readAnomalousDays,
  readForecastAccuracy,
  readTotals,
} from "./findings.ts";

/** What was found, as a few plain lines for the terminal. */
export async function flightSummary(databaseFile: string): Promise<string[]> {
  return await withDatabase(databaseFile, async (query) => {
    const totals = await readTotals(query);
    const [anomalies] = await query<{ hours: number }>("SELECT count(*) AS hours FROM anomalies");
    const days = await readAnomalousDays(query, 3);
    return [
      `${formatNumber(totals.flights)} flights from ${totals.airports} airports in ` +
        `${formatNumber(totals.hours)} airport hours; ${formatNumber(totals.meanDelay, 1)} minutes ` +
        `late on average, ${formatShare(totals.shareDelayed)} more than 15 minutes late`,
      `${formatNumber(anomalies?.hours ?? 0)} airport hours out of the expected range`,
      ...days.map(describeDay),
      ...describeAccuracy(await readForecastAccuracy(query)),
    ];
  });
}

/** One sentence of what the data says about a day; it names no cause. */
export function describeDay(day: AnomalousDay): string {
  const airports = day.airports === 1 ? "1 airport" : `${day.airports} airports`;
  return (
    `${nameDay(day.day)}: ${formatNumber(day.airportHours)} hours at ${airports} out of range, ` +
    `with flights ${formatNumber(day.laterBy)} minutes later than expected on average ` +
    `(${formatNumber(day.flights)} flights); most at ${day.worst}`
  );
}

/** How the forecasts did, in sentences; none where no forecast can be checked yet. */
export function describeAccuracy(accuracy: ForecastAccuracy): string[] {
  const { points, coverage80, coverage95, error, naiveError } = accuracy;
  if (points === 0 || error === null || naiveError === null) return [];
  const better = 1 - error / naiveError;
  const verdict =
    better >= 0 ? `${formatShare(better)} smaller than` : `${formatShare(-better)} larger than`;
  return [
    `Forecasts: of ${formatNumber(points)} hours, ${formatShare(coverage80 ?? NaN, 1)} fell into ` +
      `the 80 % interval and ${formatShare(coverage95 ?? NaN, 1)} into the 95 % interval; mean ` +
      `absolute error ${formatNumber(error, 2)} flights an hour, ${verdict} that of the same hour ` +
      `a week earlier (${formatNumber(naiveError, 2)})`,
  ];
}
