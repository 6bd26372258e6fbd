import type { Run, RunStep } from './runs.js';
import { sayTime } from './say-time.js';

/** How a step can be taken back, or that it cannot, and until when once it happened. */
export function sayWayBack({ wayBack, backUntil }: Pick<RunStep, 'wayBack' | 'backUntil'>): string {
  if (wayBack === null) return 'It cannot be taken back.';
  return `Way back: ${wayBack}${backUntil === null ? '' : `: until ${sayTime(backUntil)}`}.`;
}

/**
 * Until when a run can be taken back: the earliest end of what it did, and the latest where that is another. Nothing
 * where no end is known.
 */
export function sayBackUntil(
  { steps, mayUndo }: Pick<Run, 'steps' | 'mayUndo'>,
  now = Date.now(),
): string | undefined {
  const ends = steps.flatMap(({ backUntil }) => backUntil ?? []).sort();
  const [first, last] = [ends[0], ends.at(-1)];
  if (!mayUndo || first === undefined || last === undefined) return undefined;
  if (Date.parse(last) <= now) return `It could be taken back until ${sayTime(last)}.`;
  if (Date.parse(first) <= now || steps.some(isFinal))
    return `What of it can be taken back can be until ${sayTime(last)}.`;
  if (sayTime(first) === sayTime(last)) return `It can be taken back until ${sayTime(first)}.`;
  return `All of it can be taken back until ${sayTime(first)}, and the last of it until ${sayTime(last)}.`;
}

/** Whether a step has done, or may have done, what cannot be taken back. */
const isFinal = ({ effect, state, wayBack }: RunStep): boolean =>
  effect !== null && effect !== 'read' && wayBack === null && (state === 'succeeded' || state === 'unknown');
