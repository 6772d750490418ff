/** `3,000,000`, `12.50`: grouped, `digits` decimals so that columns align; `–` for NaN. */
export function formatNumber(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value).toFixed(digits);
  const [whole, fraction] = text.split(".") as [string, string?];
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  const body = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(body) ? `−${body}` : body;
}

/** `82 %`: a share of 0…1 as per cent. */
export function formatShare(value: number, digits = 0): string {
  return Number.isFinite(value) ? `${formatNumber(value * 100, digits)} %` : "–";
}
