/** JavaScript of functions over numbers, from the code of their arguments. */
export const arithmeticCode: Readonly<Record<string, (values: readonly string[]) => string>> = {
  add: ([a, b]) => `${a} + ${b}`,
  subtract: ([a, b]) => `${a} - ${b}`,
  multiply: ([a, b]) => `${a} * ${b}`,
  divide: ([a, b]) => `${a} / ${b}`,
  negate: ([a]) => `-${a}`,
  abs: ([a]) => `Math.abs(${a})`,
  sign: ([a]) => `Math.sign(${a}) + 0`,
  floor: ([a]) => `Math.floor(${a})`,
  ceil: ([a]) => `Math.ceil(${a})`,
  sqrt: ([a]) => `Math.sqrt(${a})`,
  power: ([a, b]) => `Math.pow(${a}, ${b})`,
  ln: ([a]) => `Math.log(${a})`,
  exp: ([a]) => `Math.exp(${a})`,
};
