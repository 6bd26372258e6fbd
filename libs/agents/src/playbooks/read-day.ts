const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTH = MONTHS.join('|');

/** Days as people write them; those of figures alone only where one order of them is possible. */
export const DAY_PATTERN =
  `(?i:\\d{4}-\\d{2}-\\d{2}|today|tomorrow|(?:next |on )?(?:${WEEKDAYS.join('|')})` +
  `|\\d{1,2}(?:st|nd|rd|th)? (?:of )?(?:${MONTH})(?: \\d{4})?|(?:${MONTH}) \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?)`;

/** The day that words mean, seen from `today`, as 2027-01-31: the next one where they leave it open. */
export function readDay(words: string, today: Date): string | undefined {
  const text = words.toLowerCase().replace(/^on /, '').trim();
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  const day = new Date(Date.UTC(today.getFullYear(), today.getMonth(), today.getDate()));
  if (text === 'today') return written(day);
  if (text === 'tomorrow') return written(after(day, 1));
  const weekday = WEEKDAYS.indexOf(text.replace(/^next /, ''));
  if (weekday >= 0) return written(after(day, ((weekday - day.getUTCDay() + 6) % 7) + 1));
  return inMonth(text, day);
}

function inMonth(text: string, today: Date): string | undefined {
  const month = MONTHS.findIndex((name) => text.includes(name));
  const [figure, year] = [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  if (month < 0 || figure === undefined) return undefined;
  const found = new Date(Date.UTC(year ?? today.getUTCFullYear(), month, figure));
  if (found.getUTCMonth() !== month) return undefined;
  if (year === undefined && found < today) found.setUTCFullYear(found.getUTCFullYear() + 1);
  return written(found);
}

const written = (day: Date): string => day.toISOString().slice(0, 10);
const after = (day: Date, days: number): Date => new Date(day.getTime() + days * 86_400_000);
