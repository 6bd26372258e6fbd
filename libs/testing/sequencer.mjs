import Sequencer from '@jest/test-sequencer';

const TIERS = ['.full-spec.', '.e2e-spec.', '.app-spec.', '.medium-spec.'];
/** The drills that take minutes, the longest first. */
const LONGEST = ['laws-of-effects', 'laws-of-reading', 'random-runs', 'recovery', 'crash', 'laws-of-records'];
const place = (list, isIt) => (list.findIndex(isIt) + list.length + 1) % (list.length + 1);
const tierOf = ({ path }) => place(TIERS, (tier) => path.includes(tier));
const drillOf = ({ path }) => place(LONGEST, (drill) => path.includes(`/${drill}.full-spec.`));

/** The longest first: where nothing was run before, a file of minutes would begin when all others have ended. */
export default class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort(
      (one, other) => tierOf(one) - tierOf(other) || drillOf(one) - drillOf(other),
    );
  }
}
