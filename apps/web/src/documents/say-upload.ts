import type { Upload } from './use-upload';

/**
 * How an upload went so far, in words: how many files were taken, and what became of the others. `failed` are the
 * documents that turned out not to be readable once they had been sent.
 */
export function sayUpload(
  { total, done, sent, failed: refused, busy }: Upload,
  failed: ReadonlySet<string>,
): string {
  const taken = sent.filter(({ id }) => !failed.has(id));
  const unchanged = taken.filter((one) => one.unchanged).length;
  const replacing = taken.filter((one) => one.replaces).length;
  const lost = sent.length - taken.length;
  return [
    `${done - refused.length - lost} of ${total} uploaded`,
    ...(unchanged > 0 ? [`${unchanged} of them unchanged`] : []),
    ...(replacing > 0 ? [`${replacing} of them in place of what was there`] : []),
    ...(lost > 0 ? [`${lost} failed`] : []),
    ...(!busy && done < total ? [`${total - done} left out`] : []),
  ].join(', ');
}
