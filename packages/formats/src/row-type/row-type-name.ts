/** The last part of a name of a schema or a topic as an identifier; `Row` where nothing is left. */
export function rowTypeName(name: string): string {
  const words = name.slice(name.lastIndexOf(".") + 1).split(/[^A-Za-z0-9]+/);
  const joined = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
  return /^[A-Z]/.test(joined) ? joined : "Row";
}
