const MOST_ALIKE = 3;
const MOST_STEPS = 1000;

/** What makes two calls the same call: the contract, in whatever version, and the digest of its arguments. */
export function callFingerprint(contract: string, args: string): string {
  return `${contract} ${args}`;
}

/**
 * Why a run that goes in circles may not make its next call, in words; undefined when it may. `earlier` are the
 * fingerprints of the calls that it made. The same call is made three times at most, and a run has 1,000 calls at most.
 */
export function findLoop(earlier: readonly string[], next: string): string | undefined {
  if (earlier.length >= MOST_STEPS) return `A run makes at most ${MOST_STEPS} calls.`;
  const alike = earlier.filter((fingerprint) => fingerprint === next).length;
  return alike >= MOST_ALIKE ? `This run made exactly this call ${alike} times already.` : undefined;
}
