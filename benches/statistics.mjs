// Numbers out of many rounds.

/** What a share of the numbers is below. */
function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/** The middle of them, and between what the middle half lies. */
export function summary(numbers) {
  if (numbers.length === 0 || !numbers.every(Number.isFinite)) throw new Error(`these are no measurements: ${numbers}`);
  return { median: quantile(numbers, 0.5), low: quantile(numbers, 0.25), high: quantile(numbers, 0.75) };
}

/** One by the other, round by round: what disturbs a round disturbs both. */
export const ratios = (these, those) => summary(these.map((number, at) => number / those[at]));
