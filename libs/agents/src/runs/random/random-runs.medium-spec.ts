import { databases } from '@belay/testing/stack';
import { jest } from '@jest/globals';
import { describeRandomRuns } from './random-fortunes-spec.js';

jest.setTimeout(240_000);
describeRandomRuns(databases().slice(-1), [20_261_126], 20);
