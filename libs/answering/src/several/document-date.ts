import { findDates } from './values.js';

/** The date that a document gives itself, and how it was found; the day of its upload where it says none. */
export interface DocumentDate {
  readonly date: string;
  readonly stated: boolean;
}

/** Whether a date, month or year begins after `at` (ISO 8601). */
export const isToCome = (date: string, at: string): boolean => date > at.slice(0, date.length);

const CUE =
  /\b(?:valid|effective|in force|applies|as of|updated|reviewed|revised|dated?|version|issued|published|approved|from|since|gültig|stand|vom|datum|gäller|från|uppdaterad|valable|applicable|daté|vigente|fecha)\b[^.\n]{0,30}$/iu;
const YEAR = /(?<![\d.,-])(?:19|20)\d{2}(?![\d.,-])/u;

/**
 * When a document says that it is from. `opening` is the beginning of its text: a date counts there only behind a word
 * such as "valid from" or "updated"; a date or a year in the title counts by itself.
 */
export function documentDate(title: string, opening: string, uploaded: string): DocumentDate {
  const found = findDates(opening).find(({ start }) =>
    CUE.test(opening.slice(Math.max(0, start - 60), start)),
  );
  if (found) return { date: found.date, stated: true };
  const year = findDates(title)[0]?.date ?? YEAR.exec(title)?.[0];
  return year === undefined ? { date: uploaded.slice(0, 10), stated: false } : { date: year, stated: true };
}
