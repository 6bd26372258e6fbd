import type { Playbook, SlotValue } from '@belay/contracts';
import { languageOfQuestion } from '@belay/retrieval';
import { frameOfExample, plainWords } from './examples.js';
import { SlotReader } from './extract-slots.js';
import { findRequests, type Request } from './find-requests.js';

/** A playbook that may be what is wanted, before meanings are compared. */
export interface Candidate {
  readonly playbook: Playbook;
  readonly values: Readonly<Record<string, SlotValue>>;
  /** The person's words without the values of slots. */
  readonly frame: string;
  readonly verb: number;
  readonly object: number;
  /** The share of the frame's words that the playbook knows. */
  readonly coverage: number;
}

/** The examples of a playbook as vectors of one model. */
export interface ExampleVectors {
  readonly playbook: Playbook;
  readonly vectors: readonly Float32Array[];
}

/**
 * What counts how much, and what it must come to. Fitted on phrases of our own that are neither among the examples of
 * the samples nor among the phrases of the test (ADR 57).
 */
const WEIGHTS = { verb: 0.35, object: 0.25, coverage: 0.2, likeness: 0.2 };
const LEAST = 0.7;
// Words that say nothing of the matter.
const EMPTY = new Set(
  (
    'a an the this that these those my our your their his her its me us you i we it to of in on at by for from with and ' +
    'or as is are be was please kindly just now also so new another some all any up out there here would could can'
  ).split(' '),
);

/** A playbook with what is compared with people's words. */
export class Matchable {
  private readonly verbs: readonly string[];
  private readonly objects: readonly string[];
  private readonly known: ReadonlySet<string>;
  private readonly slots: SlotReader;

  constructor(readonly playbook: Playbook) {
    const { cues, examples, slots } = playbook;
    this.verbs = cues.verbs.map(asPhrase);
    this.objects = cues.objects.map(asPhrase);
    const words = [...examples.map(frameOfExample), ...cues.verbs, ...cues.objects].flatMap(plainWords);
    this.known = new Set(words.map(stemOf));
    this.slots = new SlotReader(slots, examples, this.namesMatter);
  }

  isCommand = (words: string): boolean => startsWithAny(asPhrase(words), this.verbs);

  /** How a request fits; undefined where it names neither what this playbook does nor what with. */
  consider(request: Request, today: Date): Candidate | undefined {
    const verb = request.form !== 'wish' && this.isCommand(request.text) ? 1 : 0;
    const { values, frame } = this.slots.read(request, today);
    const object = this.namesObject(frame, values) ? 1 : 0;
    if (verb + object === 0) return undefined;
    const words = plainWords(frame).filter((word) => !EMPTY.has(word));
    const known = words.filter((word) => this.known.has(stemOf(word))).length;
    if (known < words.length && !this.isUnderstood(values)) return undefined;
    const coverage = words.length === 0 ? 1 : known / words.length;
    // Who needs a thing wants it made, where making things is what the playbook is for.
    return {
      playbook: this.playbook,
      values,
      frame,
      verb: request.form === 'wish' ? object / 2 : verb,
      object,
      coverage,
    };
  }

  // Words that nothing explains, and no value either: whatever is meant, it is something else.
  private isUnderstood(values: Readonly<Record<string, SlotValue>>): boolean {
    const needed = Object.values(this.playbook.slots).some((slot) => slot.default === undefined);
    return !needed || Object.keys(values).length > 0;
  }

  // Also a word of a form that only this playbook asks for, such as the number of a ticket, names what is meant.
  private namesObject(frame: string, values: Readonly<Record<string, SlotValue>>): boolean {
    const { slots } = this.playbook;
    if (Object.keys(values).some((name) => slots[name]?.type === 'identifier')) return true;
    return this.objects.length === 0 ? this.isCommand(frame) : this.namesMatter(frame);
  }

  private namesMatter = (words: string, isAtStart = false): boolean => {
    const phrase = asPhrase(words);
    if (isAtStart) return startsWithAny(phrase, this.objects);
    return this.objects.some((object) => ` ${phrase} `.includes(` ${object} `));
  };
}

/** The requests in a text that some playbook may be meant by, each with those. */
export function findCandidates(text: string, playbooks: readonly Matchable[], today: Date): Candidate[] {
  const requests = findRequests(text, (words) => playbooks.some((playbook) => playbook.isCommand(words)));
  const candidates = requests.flatMap((request) =>
    playbooks.flatMap((playbook) => playbook.consider(request, today) ?? []),
  );
  // "Note bien …" is no note: in another language a verb may mean something else, unless only a value is in it.
  const language = languageOfQuestion(text) ?? 'en';
  return language === 'en' ? candidates : candidates.filter(({ coverage }) => coverage === 1);
}

/** A candidate with how well it fits, from 0 to 1. */
export interface Scored {
  readonly candidate: Candidate;
  readonly score: number;
}

/**
 * How well each candidate fits. Likeness of meaning is measured against how like one another the examples of a playbook
 * are, and how like those of the others: so it means the same with any model.
 */
export function scoreCandidates(
  candidates: readonly { readonly candidate: Candidate; readonly vector: Float32Array }[],
  all: readonly ExampleVectors[],
): Scored[] {
  return candidates.map(({ candidate, vector }) => {
    const { verb, object, coverage } = candidate;
    const likeness = likenessOf(vector, candidate.playbook, all);
    const { verb: v, object: o, coverage: c, likeness: l } = WEIGHTS;
    return { candidate, score: v * verb + o * object + c * coverage + l * likeness };
  });
}

/** The candidate that is meant, or none: then nothing is started. */
export function chooseCandidate(scored: readonly Scored[]): Candidate | undefined {
  const best = scored.reduce<Scored | undefined>(
    (top, one) => (top && top.score >= one.score ? top : one),
    undefined,
  );
  return best && best.score >= LEAST ? best.candidate : undefined;
}

/** Between 0, as like as the examples of other playbooks, and 1, as like as its own examples are to each other. */
function likenessOf(vector: Float32Array, playbook: Playbook, all: readonly ExampleVectors[]): number {
  const own = all.find((one) => one.playbook === playbook)?.vectors ?? [];
  const others = all.filter((one) => one.playbook !== playbook).flatMap(({ vectors }) => vectors);
  const inside = median(
    own.map((one, index) =>
      nearest(
        one,
        own.filter((_, at) => at !== index),
      ),
    ),
  );
  const outside = others.length === 0 ? 0 : median(own.map((one) => nearest(one, others)));
  const range = Math.max(inside - outside, 0.01);
  return Math.min(1, Math.max(0, (nearest(vector, own) - outside) / range));
}

const nearest = (vector: Float32Array, others: readonly Float32Array[]): number =>
  others.reduce((best, other) => Math.max(best, dot(vector, other)), -1);

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const asPhrase = (text: string): string => plainWords(text).map(stemOf).join(' ');
const startsWithAny = (phrase: string, starts: readonly string[]): boolean =>
  starts.some((start) => phrase === start || phrase.startsWith(`${start} `));

// Singular and plural are one word here, and so is a verb in the third person.
const stemOf = (word: string): string =>
  word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
