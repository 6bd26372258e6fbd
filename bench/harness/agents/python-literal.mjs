/** A value written as Python writes it: dicts, lists, tuples, texts, numbers, True, False and None. */
export function readPython(text) {
  let at = 0;
  const skip = () => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };
  const fail = (wanted) => {
    throw new Error(`${wanted} is missing at ${at} of ${text.slice(0, 80)}`);
  };
  const take = (sign) => {
    skip();
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const members = (end, one) => {
    const all = [];
    while (!take(end)) {
      all.push(one());
      if (!take(',') && text[at] !== end) {
        skip();
        if (text[at] !== end) fail(`"${end}"`);
      }
    }
    return all;
  };
  const value = () => {
    skip();
    if (take('{'))
      return Object.fromEntries(members('}', () => [String(value()), take(':') ? value() : fail('":"')]));
    if (take('[')) return members(']', value);
    if (take('(')) return members(')', value);
    if (text[at] === "'" || text[at] === '"') return string();
    return word();
  };
  const string = () => {
    const quote = text[at];
    let made = '';
    for (at += 1; text[at] !== quote; at += 1) {
      if (at >= text.length) fail('the end of a text');
      const isEscape = text[at] === '\\';
      if (isEscape) at += 1;
      made += isEscape ? escaped(text[at]) : text[at];
    }
    at += 1;
    return made;
  };
  const word = () => {
    const [found = ''] = /^[A-Za-z0-9_.+-]+/.exec(text.slice(at)) ?? [];
    at += found.length;
    if (found in WORDS) return WORDS[found];
    return found !== '' && Number.isFinite(Number(found)) ? Number(found) : fail('a value');
  };
  const whole = value();
  skip();
  return at === text.length ? whole : fail('the end');
}

const WORDS = { True: true, False: false, None: null, true: true, false: false, null: null };
const ESCAPES = { n: '\n', t: '\t', r: '\r' };
const escaped = (sign) => ESCAPES[sign] ?? sign;
