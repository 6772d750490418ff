// Writes payments.ndjson: two days of 40 cards, and five of them tried out by thieves.
import { writeFileSync } from "node:fs";

const start = Date.parse("2026-04-13T00:00:00Z");
const minuteMs = 60_000;
let state = 7;

/** A number in [0, 1) that depends on the calls before alone. */
function random() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 4_294_967_296;
}

const payments = [];
const add = (atMs, card, amount) => payments.push({ atMs, card, amount });

for (let card = 1; card <= 40; card += 1) {
  const name = `card-${`${card}`.padStart(2, "0")}`;
  for (let minute = random() * 120; minute < 2_880; minute += 20 + random() * 200) {
    const isCoffee = random() < 0.2;
    const amount = isCoffee ? 0.5 + random() * 4 : 5 + random() * 150;
    add(start + Math.floor(minute * minuteMs), name, Number(amount.toFixed(2)));
  }
}
// Thieves try a card with a few cents, and then take what they can.
for (const [card, minute, tries, amount] of [
  ["card-03", 615, 3, 899],
  ["card-11", 1_204, 4, 1_250.5],
  ["card-19", 1_711, 3, 640],
  ["card-27", 2_240, 5, 2_100],
  ["card-38", 2_530, 3, 980.9],
]) {
  for (let n = 0; n < tries; n += 1) {
    add(start + minute * minuteMs + n * 70_000, card, Number((0.1 + n * 0.2).toFixed(2)));
  }
  add(start + minute * minuteMs + tries * 70_000, card, amount);
}
// A card that pays little three times and much an hour later is nobody's business.
for (let n = 0; n < 3; n += 1) add(start + 900 * minuteMs + n * minuteMs, "card-05", 0.2);
add(start + 960 * minuteMs, "card-05", 1_500);

const lines = payments
  .toSorted((a, b) => a.atMs - b.atMs || (a.card < b.card ? -1 : 1))
  .map(({ atMs, card, amount }) =>
    JSON.stringify({ at: new Date(atMs).toISOString(), card, amount }),
  );
writeFileSync(new URL("payments.ndjson", import.meta.url), `${lines.join("\n")}\n`);
