/**
 * Law 5 for effects: the agent service is killed with -9 before and after each entry of a run's journal is committed,
 * between sending and reply, and while effects are taken back; and it is stopped there and before sending, until
 * another has taken its run over or a switch has stopped all, then goes on. Effects are counted in the file of the
 * server. Target: nothing happens twice, late or without a record, every run ends, what can be taken back is, and
 * journals and ledger are whole. As the named alternative, the same run with nothing broken.
 *
 *   npm run bench -- crash [--every N] [--how NAME]
 */
import { parseArgs } from 'node:util';
import { CrashWorld } from './harness/agents/crash-world.mjs';

const FLAGS = {
  every: { type: 'string', default: '1' },
  how: { type: 'string' },
};

export async function measure(options, say) {
  const { every, how } = parseArgs({ args: options, options: FLAGS }).values;
  const world = await CrashWorld.start(say);
  try {
    const unbroken = await world.drill({ how: 'unbroken' });
    say(JSON.stringify(unbroken));
    const drills = [];
    const points = pointsOf(unbroken.entries, Number(every));
    for (const point of points.filter((one) => how === undefined || one.how === how)) {
      const drill = await world.drill(point);
      say(JSON.stringify({ ...drill, entries: drill.entries.length }));
      drills.push(drill);
    }
    const isLedgerWhole = await world.isLedgerWhole();
    return report(unbroken, drills, isLedgerWhole);
  } finally {
    await world.stop();
  }
}

/** Where it is broken: at every nth entry, both ways, at each call that waits for its reply, and stopped. */
function pointsOf(entries, every) {
  const chosen = entries.filter((_, index) => index % every === 0);
  const kills = chosen.flatMap(({ seq, kind }) => [
    { how: 'before-commit', seq, kind },
    { how: 'after-commit', seq, kind },
  ]);
  const tools = ['CreateThing', 'CreatePart', 'Announce', 'DeletePart', 'DeleteThing'];
  const replies = tools.map((tool) => ({ how: 'before-reply', tool }));
  const intent = entries.find(({ kind }) => kind === 'intent');
  const stops = [
    { how: 'stopped-before-reply', tool: 'CreateThing' },
    { how: 'stopped-before-reply', tool: 'CreatePart' },
    { how: 'stopped-before-send', tool: 'CreateThing' },
    { how: 'switched-before-send', tool: 'CreateThing' },
    { how: 'stopped-after-commit', seq: intent.seq, kind: intent.kind },
    { how: 'stopped-before-commit', seq: intent.seq, kind: intent.kind },
  ];
  return [...kills, ...replies, ...stops];
}

function report(unbroken, drills, isLedgerWhole) {
  const sum = (key) => drills.reduce((total, drill) => total + drill[key], 0);
  const times = drills.map(({ seconds }) => seconds);
  const figures = {
    boundaries: drills.length,
    boundaries_reached: drills.filter(({ reached }) => reached).length,
    extra_effects: sum('extra'),
    unrecorded: sum('unrecorded'),
    sent_late: sum('late'),
    missing_effects: sum('missing'),
    left_after_rollback: sum('left'),
    not_ended: drills.filter(({ ended }) => !ended).length,
    journals_broken: drills.filter(({ isJournalWhole }) => !isJournalWhole).length,
    ledger_whole: isLedgerWhole,
    for_an_operator: drills.filter(({ state }) => state === 'needs-operator').length,
    unbroken_s: unbroken.seconds,
    longest_s: Math.max(...times),
  };
  const {
    extra_effects: extra,
    unrecorded,
    sent_late: late,
    not_ended: open,
    journals_broken: broken,
    left_after_rollback: left,
  } = figures;
  const isWhole = extra + unrecorded + late + open + broken + left === 0 && isLedgerWhole;
  return {
    ok: isWhole && figures.boundaries_reached === figures.boundaries,
    figures,
    raw: { unbroken, drills },
    database: 'native',
  };
}
