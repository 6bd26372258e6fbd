import type { Reference } from './plans.js';
import type { PreviewStep } from './runs.js';

type Step = Pick<PreviewStep, 'id' | 'title' | 'contract'>;

/** A planned call in its plan: the loops that it is in, and all steps with the titles that people know them by. */
export interface PlannedPlace {
  readonly loops: PreviewStep['loops'];
  readonly plan: readonly Step[];
}

const ROUND = /\.(\d+(?:\.\d+)*)$/;

/** Where a value of a planned call will come from, in words. */
export function sayReference({ $from, at }: Reference, { loops, plan }: PlannedPlace): string {
  const inner = loops.findIndex(({ id }, index) => isLoop($from, id, index === loops.length - 1));
  if (inner >= 0) return `${sayEach(loops, inner, plan)}${at === '' ? '' : `: ${placeOf(at)}`}`;
  return `${saySource($from, plan)}${at === '' ? '' : ` (${placeOf(at)})`}`;
}

/** What the innermost loop around a call goes over, in words; nothing where there is none. */
export function sayLoop({ loops, plan }: PlannedPlace): string | undefined {
  return loops.length === 0 ? undefined : sayEach(loops, loops.length - 1, plan);
}

// `round` is an element of the innermost loop.
const isLoop = (from: string, id: string, isInnermost: boolean): boolean =>
  from === id || (from === 'round' && isInnermost);

function sayEach(loops: PlannedPlace['loops'], index: number, plan: PlannedPlace['plan']): string {
  const [outer, over] = [loops.slice(0, index), loops[index]?.over];
  if (over === undefined) return 'each one in turn';
  const { $from, at } = over;
  const around = outer.findIndex(({ id }, place) => isLoop($from, id, place === outer.length - 1));
  if (around >= 0)
    return `each ${at === '' ? 'part' : `of ${placeOf(at)}`} of ${sayEach(outer, around, plan)}`;
  // A slot is no list: what is gone over is written in the playbook.
  if ($from === 'slots') return `each of the list “${placeOf(at)}”`;
  return `each of the results of ${nameOf($from, plan)}${at === '' ? '' : ` (${placeOf(at)})`}`;
}

function saySource(from: string, plan: PlannedPlace['plan']): string {
  if (from === 'slots') return 'what you said';
  if (from === 'round') return 'each one in turn';
  const isQuestion = plan.find(({ id }) => id === from)?.contract === null;
  return `${isQuestion ? 'your answer to' : 'the result of'} ${nameOf(from, plan)}`;
}

/** A step by its title; by its id, too, where that is not the only one of this title, and of a loop by its round. */
function nameOf(from: string, plan: PlannedPlace['plan']): string {
  const [, round] = ROUND.exec(from) ?? [];
  const id = from.replace(ROUND, '');
  const title = plan.find((step) => step.id === id)?.title;
  const isOnly = plan.filter((step) => step.title === title).length === 1;
  const name = title === undefined ? `step “${id}”` : `“${title}”${isOnly ? '' : `, step ${id},`}`;
  return round === undefined ? name : `${name} in round ${round}`;
}

const placeOf = (at: string): string => at.slice(1);
