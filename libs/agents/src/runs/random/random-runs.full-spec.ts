import { databases } from '@belay/testing/stack';
import { jest } from '@jest/globals';
import { describeRandomRuns } from './random-fortunes-spec.js';

jest.setTimeout(600_000);

// Each seed on one of the databases, in turn: another seed says more than the same one on another database.
const SEEDS = [1, 2, 3, 5, 8, 13];
const kinds = databases();
for (const [turn, kind] of kinds.entries())
  describeRandomRuns(
    [kind],
    SEEDS.filter((_, at) => at % kinds.length === turn),
    80,
  );
