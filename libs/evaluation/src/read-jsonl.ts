import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAs } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import type { ZodType } from 'zod';

/** A line of a dataset file with the place to name when something is wrong with it. */
export interface Line<Value> {
  readonly value: Value;
  readonly place: string;
}

const LAYOUT = 'A dataset is a folder in BEIR layout.';
/** What lines a file holds that BEIR does not know. */
const HOLDS: Readonly<Record<string, string>> = {
  'answers.jsonl':
    'Answers are measured on a folder in BEIR layout with this file in it, a line for each question: ' +
    '{"_id": "q1", "doc": "d7", "answers": ["28 days"]}, or {"_id": "q2", "answerable": false}.',
};

/** Refuses a dataset, naming the file and, where there is one, the line. */
export function refuse(place: string, problem: string): never {
  throw new DomainError('request.invalid', `${place}: ${problem}`);
}

/** The lines of a file that are not blank. Throws `request.invalid` when it cannot be read. */
export function readLines(folder: string, name: string): Line<string>[] {
  const path = join(folder, name);
  if (!existsSync(path)) refuse(path, `there is no such file. ${HOLDS[name] ?? LAYOUT}`);
  return readWhole(path)
    .split('\n')
    .map((text, index) => ({ value: text.replace(/\r$/, ''), place: `${path}, line ${index + 1}` }))
    .filter(({ value }) => value.trim() !== '');
}

function readWhole(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    refuse(path, `it cannot be read as UTF-8 text (${(cause as Error).message})`);
  }
}

/** The objects of a JSON Lines file, keyed by `_id`. Throws `request.invalid` at the first bad or repeated line. */
export function readJsonl<T extends { readonly _id: string }>(
  folder: string,
  name: string,
  schema: ZodType<T>,
): Map<string, Line<T>> {
  const rows = new Map<string, Line<T>>();
  for (const { value: text, place } of readLines(folder, name)) {
    const value = parseLine(text, place, schema);
    if (rows.has(value._id)) refuse(place, `the _id ${JSON.stringify(value._id)} is there twice`);
    rows.set(value._id, { value, place });
  }
  if (rows.size === 0) refuse(join(folder, name), 'it is empty');
  return rows;
}

function parseLine<T>(text: string, place: string, schema: ZodType<T>): T {
  const { data, problem } = readAs(schema, parseJson(text, place), 'The line');
  return problem === undefined ? (data as T) : refuse(place, problem);
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return refuse(place, `it is not JSON (${(cause as Error).message})`);
  }
}
