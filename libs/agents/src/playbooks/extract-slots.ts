import type { Playbook, Slot, SlotValue } from '@belay/contracts';
import { RE2JS } from 're2js';
import { type ExamplePattern, examplePatterns, patternOf } from './example-pattern.js';
import type { Request } from './find-requests.js';
import { readDay } from './read-day.js';
import { readSlot } from './read-slot.js';

/** What a person's words say of a playbook's slots, and the words that are left: what they say of the matter. */
export interface Extracted {
  readonly values: Readonly<Record<string, SlotValue>>;
  readonly frame: string;
}

const PRONOUN = /^(?:it|this|that|them|these|those|him|her|so|the same)$/i;
const POLITE_END = /[\s,]*(?:please|thanks|thank you)$/i;
const QUOTED = /"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»|(?<!\S)'([^']+)'(?!\S)/g;
const QUOTES = /^(?:"([^"]*)"|“([^”]*)”|«([^»]*)»|'([^']*)')$/;

/** Reads slots from the person's own words: by the examples of the playbook, and by their form where one thing has it. */
export class SlotReader {
  private readonly patterns: readonly ExamplePattern[];
  private readonly forms: ReadonlyMap<string, RE2JS>;

  constructor(
    private readonly slots: Playbook['slots'],
    examples: Playbook['examples'],
    private readonly isMatter: (words: string, isAtStart: boolean) => boolean,
  ) {
    this.patterns = examplePatterns({ slots, examples });
    const typed = Object.entries(slots).filter(([, slot]) => slot.type !== 'text' && slot.type !== 'yes-no');
    this.forms = new Map(typed.map(([name, slot]) => [name, RE2JS.compile(patternOf(slot))]));
  }

  read({ text, before }: Request, today: Date): Extracted {
    const found = new Found(this.slots, text, today, this.isMatter);
    for (const pattern of this.patterns) found.align(pattern);
    this.readForms(found, text, before);
    readQuoted(found, text);
    found.readPronoun(before);
    return { values: found.values, frame: found.frame() };
  }

  // Only where one thing has the form: whatever was meant by two is for the person to say.
  private readForms(found: Found, text: string, before: string): void {
    for (const [name, form] of this.forms) {
      if (found.has(name)) continue;
      const spans = spansOf(form, text);
      const own = new Set(spans.map(({ value }) => value));
      const all = new Set([...own, ...spansOf(form, before).map(({ value }) => value)]);
      const [only] = all;
      if (only !== undefined && (all.size === 1 || own.size === 1)) {
        const [first = only] = own.size === 1 ? own : all;
        found.take(name, first, spans[0]);
      }
    }
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function spansOf(form: RE2JS, text: string): (Span & { value: string })[] {
  const matcher = form.matcher(text);
  const spans: (Span & { value: string })[] = [];
  while (spans.length < 20 && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    // Part of a word is another word.
    const isWhole =
      !/[\p{L}\p{N}_@/.-]$/u.test(text.slice(0, start)) &&
      !/^(?:[\p{L}\p{N}_@/-]|\.[\p{L}\p{N}])/u.test(text.slice(end));
    if (isWhole && end > start) spans.push({ start, end, value: text.slice(start, end) });
  }
  return spans;
}

function readQuoted(found: Found, text: string): void {
  const missing = found.missingTexts();
  const quotes = [...text.matchAll(QUOTED)];
  const [only] = quotes;
  const [name] = missing;
  if (!only || quotes.length > 1 || name === undefined || missing.length > 1) return;
  const value = only.slice(1).find((group) => group !== undefined) ?? '';
  found.take(name, value, { start: only.index, end: only.index + only[0].length });
}

/** The values found so far, each with where it stands. */
class Found {
  readonly values: Record<string, SlotValue> = {};
  private readonly spans: Span[] = [];
  private pronoun: string | undefined;

  constructor(
    private readonly slots: Playbook['slots'],
    private readonly text: string,
    private readonly today: Date,
    /** Whether words name what the playbook is about, so that they are no value. */
    private readonly isMatter: (words: string, isAtStart: boolean) => boolean,
  ) {}

  has = (name: string): boolean => Object.hasOwn(this.values, name);

  missingTexts(): string[] {
    return Object.entries(this.slots).flatMap(([name, { type, default: standard }]) =>
      type === 'text' && standard === undefined && !this.has(name) ? [name] : [],
    );
  }

  /** Takes the values of an example that the request fits, unless they overlap with what is known or name the matter. */
  align({ expression, slots, isLoose }: ExamplePattern): void {
    if ([...slots.values()].some((name) => this.isDone(name))) return;
    const matcher = expression.matcher(this.text);
    if (!matcher.find()) return;
    const spans = [...slots].map(([group, name]) => {
      const [start, end] = [matcher.start(group), matcher.end(group)];
      return { name, start, end, words: this.text.slice(start, end) };
    });
    if (spans.some((span) => this.overlaps(span) || this.isMatter(span.words, !isLoose))) return;
    for (const { name, words, start, end } of spans) this.take(name, words, { start, end });
  }

  private isDone = (name: string): boolean => this.has(name) || this.pronoun === name;
  private overlaps = (span: Span): boolean =>
    this.spans.some(({ start, end }) => span.start < end && start < span.end);

  take(name: string, words: string, span: Span | undefined): void {
    const slot = this.slots[name];
    if (!slot || this.has(name)) return;
    const value = cleaned(words);
    if (span) this.spans.push(span);
    if (slot.type === 'text' && PRONOUN.test(value)) {
      this.pronoun = name;
      return;
    }
    const read = this.valueOf(slot, value);
    if (read !== undefined) this.values[name] = read;
  }

  /** "… is broken, open a ticket about it": what was said before is what "it" means. */
  readPronoun(before: string): void {
    const meant = cleaned(before.replace(/[\s,;:.!?–—-]+$/, ''));
    if (this.pronoun !== undefined && meant !== '' && !this.has(this.pronoun))
      this.take(this.pronoun, meant, undefined);
  }

  private valueOf(slot: Slot, words: string): SlotValue | undefined {
    const given = slot.type === 'date' ? readDay(words, this.today) : words;
    return given === undefined ? undefined : readSlot(slot, given).value;
  }

  frame(): string {
    const spans = [...this.spans].sort((a, b) => b.start - a.start);
    return spans
      .reduce((text, { start, end }) => `${text.slice(0, start)} ${text.slice(end)}`, this.text)
      .replace(/\s+/g, ' ')
      .trim();
  }
}

function cleaned(words: string): string {
  const text = words.trim().replace(POLITE_END, '');
  const quoted = QUOTES.exec(text);
  return (quoted?.slice(1).find((group) => group !== undefined) ?? text).trim();
}
