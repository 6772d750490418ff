/** A series of a metric as Prometheus reads it. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The series of what `/metrics` answers. */
export function readSeries(text: string): Series[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", inner = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** The sum of a metric's series that have these labels; undefined where there is none. */
export function sumOf(
  series: readonly Series[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = series.filter(
    (each) =>
      each.name === name &&
      Object.entries(labels).every(([label, value]) => each.labels[label] === value),
  );
  if (found.length === 0) return undefined;
  return found.reduce((sum, each) => sum + each.value, 0);
}

/** What a probe answers. */
export interface Probe {
  readonly status: number;
  readonly body: {
    readonly status: string;
    readonly runs: readonly Readonly<Record<string, unknown>>[];
  };
}

/** Asks `/healthz` or `/readyz`. */
export async function probe(url: string, path: "/healthz" | "/readyz"): Promise<Probe> {
  const answer = await fetch(url + path);
  return { status: answer.status, body: (await answer.json()) as Probe["body"] };
}

/** Asks `/metrics`. */
export async function scrape(url: string): Promise<Series[]> {
  const answer = await fetch(`${url}/metrics`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return readSeries(text);
}
