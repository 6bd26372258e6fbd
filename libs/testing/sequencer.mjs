import Sequencer from '@jest/test-sequencer';

const TIERS = ['.e2e-spec.', '.app-spec.', '.medium-spec.'];
const tierOf = ({ path }) => TIERS.findIndex((tier) => path.includes(tier));
const rank = (test) => (tierOf(test) < 0 ? TIERS.length : tierOf(test));

/** The longest tiers first: where nothing was run before, a file of minutes would begin when all others have ended. */
export default class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
}
