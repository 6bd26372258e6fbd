import { databases } from '@belay/testing/stack';
import { jest } from '@jest/globals';
import { describeRandomRuns } from './random-fortunes-spec.js';

jest.setTimeout(1_200_000);
describeRandomRuns(databases(), [1, 2, 3, 5, 8, 13], 100);
