import { findDates, findNumbers } from '../several/values.js';

/** A date or a year that a text names as the end or the beginning of a time, with the words for that. */
interface Bound {
  readonly value: string;
  readonly side: 'earlier' | 'later' | undefined;
  readonly written: string;
}

const BETWEEN = String.raw`(?:\s+(?:the|end|of|start|beginning|year|dem|den|le|la|el|de|du|des|año|année|jahr|året|in|on|im|i|en)){0,3}\s*$`;
const EARLIER = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:before|until|till|through|up to|prior to|earlier than|vor|bis|före|fram till|avant|jusqu['’](?:à|au|en)|antes de|hasta)${BETWEEN}`,
  'iu',
);
const LATER = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:after|since|from|starting|beginning|effective|later than|nach|seit|ab|efter|sedan|från|från och med|après|depuis|à partir|después de|desde|a partir)${BETWEEN}`,
  'iu',
);
const LONGEST_WORDS = 40;
const YEAR = /^[12]\d{3}$/;

/**
 * The times that a question asks for as "before 2024" or "since March 2025" where the quotes speak of that date, but only
 * of the other side of it ("from 2024 on"), in the question's words.
 */
export function timesNotQuoted(question: string, quotes: readonly string[]): string[] {
  const quoted = quotes.flatMap(boundsOf);
  return boundsOf(question).flatMap(({ side, value, written }) => {
    const known = quoted.filter((bound) => bound.value === value || bound.value.startsWith(`${value}-`));
    const isOther =
      known.length > 0 && known.every((bound) => bound.side !== undefined && bound.side !== side);
    return side !== undefined && isOther ? [written] : [];
  });
}

function boundsOf(text: string): Bound[] {
  const years = findNumbers(text).filter(({ value }) => YEAR.test(value));
  const dates = findDates(text).map(({ date, start, end }) => ({ value: date, start, end }));
  return [...years, ...dates].map(({ value, start, end }) => {
    const before = text.slice(Math.max(0, start - LONGEST_WORDS), start);
    const [earlier, later] = [EARLIER.exec(before), LATER.exec(before)];
    const words = (earlier ?? later)?.[0] ?? '';
    const side = earlier ? 'earlier' : later ? 'later' : undefined;
    return { value, side, written: `${words}${text.slice(start, end)}` };
  });
}
