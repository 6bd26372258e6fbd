import type { Document } from '@belay/contracts';
import type { Upload } from './use-upload';

type Stage = Document['stage'];

/**
 * How an upload went so far, in words: how many files were taken, what became of the others, and whether all can be
 * found. `stages` are those of the documents that are known, by their ids.
 */
export function sayUpload(
  { total, done, sent, failed: refused, busy }: Upload,
  stages: ReadonlyMap<string, Stage>,
): string {
  const stageOf = ({ id }: { id: string }) => stages.get(id);
  const taken = sent.filter((one) => stageOf(one) !== 'failed');
  const unchanged = taken.filter((one) => one.unchanged).length;
  const replacing = taken.filter((one) => one.replaces).length;
  const read = taken.filter((one) => stageOf(one) === 'ready').length;
  const reading = taken.filter((one) => stages.has(one.id)).length - read;
  const lost = sent.length - taken.length;
  return [
    `${done - refused.length - lost} of ${total} uploaded`,
    ...(unchanged > 0 ? [`${unchanged} of them unchanged`] : []),
    ...(replacing > 0 ? [`${replacing} of them in place of what was there`] : []),
    ...(reading > 0 ? [`${reading} still being read`] : []),
    ...(!busy && read > 0 && read === taken.length ? ['ready'] : []),
    ...(lost > 0 ? [`${lost} failed`] : []),
    ...(!busy && done < total ? [`${total - done} left out`] : []),
  ].join(', ');
}
