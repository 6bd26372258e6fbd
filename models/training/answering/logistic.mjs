/** Linear models fitted with Adam on dense rows. Small, deterministic, without dependencies. */

/** Mean and deviation of each column. */
export function standardise(rows) {
  const width = rows[0].length;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (const row of rows) row.forEach((value, j) => (mean[j] += value / rows.length));
  for (const row of rows) row.forEach((value, j) => (deviation[j] += (value - mean[j]) ** 2 / rows.length));
  return { mean, deviation: deviation.map((value) => Math.sqrt(value) || 1) };
}

export const scale = (row, { mean, deviation }) => Float64Array.from(row, (value, j) => (value - mean[j]) / deviation[j]);

/** Weights of standardised columns as weights of the columns themselves, by name. */
export const unstandardised = (names, weights, { deviation }) =>
  Object.fromEntries(names.map((name, j) => [name, Number((weights[j] / deviation[j]).toPrecision(4))]));

/**
 * Names of all features of the rows: one of one type of question is absent from the others, where it counts as 0. Where a
 * model's sentences have no vectors (`hasSense`), what compares them says nothing that the passage's cosine does not.
 */
export const namesOf = (rows, hasSense) =>
  [...new Set(rows.flatMap(Object.keys))].filter((name) => hasSense || !/sense/iu.test(name));

/**
 * Minimises a loss whose gradient `addGradient(weights, gradient)` adds up; `ridge` holds the weights small. A weight
 * with a sign (1 or -1 in `signs`) is held on its side of 0.
 */
export function descend(width, addGradient, { steps, rate, ridge, signs = [] }) {
  const weights = new Float64Array(width);
  const first = new Float64Array(width);
  const second = new Float64Array(width);
  for (let step = 1; step <= steps; step += 1) {
    const gradient = weights.map((value) => ridge * value);
    addGradient(weights, gradient);
    const pace = rate * (1 - step / (steps + 1));
    for (let j = 0; j < width; j += 1) {
      first[j] = 0.9 * first[j] + 0.1 * gradient[j];
      second[j] = 0.999 * second[j] + 0.001 * gradient[j] ** 2;
      const size = Math.sqrt(second[j] / (1 - 0.999 ** step)) + 1e-9;
      weights[j] -= (pace * first[j]) / (1 - 0.9 ** step) / size;
      if (weights[j] * (signs[j] ?? 0) < 0) weights[j] = 0;
    }
  }
  return weights;
}

const dot = (a, b) => {
  let sum = 0;
  for (let j = 0; j < a.length; j += 1) sum += a[j] * b[j];
  return sum;
};

/** Pairwise logistic: each right row of a group should stand above each wrong one. */
export function fitPairs(groups, options) {
  const width = groups[0].right[0].length;
  return descend(
    width,
    (weights, gradient) => {
      for (const { right, wrong } of groups) {
        const low = wrong.map((row) => dot(weights, row));
        const share = 1 / (groups.length * right.length);
        for (const row of right) {
          // Softmax over the wrong rows: the pair that is nearest to being lost weighs most.
          const high = dot(weights, row);
          const top = Math.max(high, ...low);
          const mass = low.map((value) => Math.exp(value - top));
          const total = mass.reduce((sum, value) => sum + value, Math.exp(high - top));
          mass.forEach((value, index) => {
            const pull = (share * value) / total;
            for (let j = 0; j < width; j += 1) gradient[j] += pull * (wrong[index][j] - row[j]);
          });
        }
      }
    },
    options,
  );
}

/** Logistic regression; the last column of every row is 1 and its weight the bias. */
export function fitLogistic(rows, labels, options) {
  return descend(
    rows[0].length,
    (weights, gradient) => {
      rows.forEach((row, index) => {
        const miss = (1 / (1 + Math.exp(-dot(weights, row))) - labels[index]) / rows.length;
        for (let j = 0; j < row.length; j += 1) gradient[j] += miss * row[j];
      });
    },
    options,
  );
}
