import { type DataType, Decimal } from "@millrace/core";

/** A plain value → what JSON writes for it. NaN and the infinities have no JSON and become null. */
export function toJson(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case "timestamp":
      return isoText(type.unit, value as number | bigint);
    case "date":
      return new Date((value as number) * 86_400_000).toISOString().replace(/T.*$/, "");
    case "binary":
      return Buffer.from(value as Uint8Array).toString("base64");
    case "list":
      return (value as unknown[]).map((item) => toJson(type.item, item));
    case "row":
      return Object.fromEntries(
        type.fields.map((f) => [
          f.name,
          toJson(f.type, (value as Record<string, unknown>)[f.name]),
        ]),
      );
    case "map":
      return Object.fromEntries(
        Object.entries(value as object).map(([key, v]) => [key, toJson(type.value, v)]),
      );
    default:
      if (value instanceof Decimal) return value.toString();
      return typeof value === "bigint" ? safeNumber(value) : value;
  }
}

function safeNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

const dateMsMax = 8.64e15;

function isoText(unit: "ms" | "us" | "ns", value: number | bigint): unknown {
  const perMs = unit === "ns" ? 1_000_000n : unit === "us" ? 1000n : 1n;
  const whole = BigInt(value);
  const beyond = ((whole % perMs) + perMs) % perMs;
  const ms = Number((whole - beyond) / perMs);
  if (Math.abs(ms) > dateMsMax) return typeof value === "bigint" ? value.toString() : value;
  const iso = new Date(ms).toISOString();
  if (unit === "ms") return iso;
  return `${iso.slice(0, -1)}${beyond.toString().padStart(unit === "us" ? 3 : 6, "0")}Z`;
}
