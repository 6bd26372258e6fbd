/** The bounds of a step, in the order in which they are judged. */
export const BOUNDS = [
  'kill',
  'pin',
  'users',
  'input',
  'audience',
  'taint',
  'late',
  'rule-of-two',
  'loop',
  'budget',
  'blast',
  'rate',
  'approval',
] as const;
export type Bound = (typeof BOUNDS)[number];

/** Which bounds hold. All of them do in the product; drills take one away to show that something then gets through. */
export type Holds = (bound: Bound) => boolean;
export const ALL_HOLD: Holds = () => true;
