import {
  count,
  hours,
  mean,
  minutes,
  type Pipeline,
  pipeline,
  seasonal,
  t,
  tumbling,
} from "millrace";
import { duckdb } from "millrace/duckdb";
import { ndjson } from "millrace/files";

const Reading = t.row({
  at: t.timestamp(),
  machine: t.utf8(),
  celsius: t.float64(),
});

/**
 * Hours in which a machine is warmer or colder than its daily course allows, and the readings that
 * came too late to count, into one DuckDB file.
 *
 * @param files where readings are read and tables are written
 */
export function sensorAlerts(files: { input: string; output: string }): Pipeline {
  return pipeline("sensor-alerts", (p) => {
    const threshold = p.parameter("threshold", t.float64(), 0.5);

    const hourly = p
      .source("readings", ndjson(files.input, Reading), {
        eventTime: (reading) => reading.at,
        outOfOrderness: minutes(5),
      })
      .keyBy("machine")
      .window(tumbling(hours(1)))
      .aggregate("hourly", (reading) => ({
        readings: count(),
        meanCelsius: mean(reading.celsius),
      }));

    hourly
      .detect("unusual-temperature", {
        value: "meanCelsius",
        detector: seasonal({ period: hours(24), warmup: 3 }),
      })
      .where((hour) => hour.score.gte(threshold))
      .select("machine", "windowStart", "meanCelsius", "expected", "score", "severity")
      .sink("alerts", duckdb({ table: "alerts", file: files.output }));

    hourly.late().sink("late-readings", duckdb({ table: "late_readings", file: files.output }));
  });
}
