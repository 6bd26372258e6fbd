import { DomainError } from '@belay/errors';
import { type ParsedText, TextBuilder } from './text-builder.js';

const DEEPEST = 100;

/** JSON as text: each object that holds values is a paragraph of "path: value" parts, in the file's order. */
export function parseJson(source: string): ParsedText {
  const builder = new TextBuilder();
  write(builder, read(source), [], 0);
  return builder.build();
}

function read(source: string): unknown {
  try {
    return JSON.parse(source.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const lines = source.split('\n').filter((line) => line.trim() !== '');
    try {
      // JSON Lines: one value a line.
      if (lines.length > 1) return lines.map((line) => JSON.parse(line) as unknown);
    } catch {
      // said below, about the file as a whole
    }
    const message = `The JSON is not valid: ${(cause as Error).message}. Correct it and upload it again.`;
    throw new DomainError('documents.malformed', message, { cause });
  }
}

const isPlain = (value: unknown): boolean => value === null || typeof value !== 'object';
const hasText = (value: unknown): boolean => value !== null && value !== '';
const scalar = (value: unknown): string => String(value as string | number | boolean);

function write(builder: TextBuilder, value: unknown, path: readonly string[], depth: number): void {
  if (depth > DEEPEST) throw new DomainError('documents.malformed', 'The JSON nests too deeply.');
  if (isPlain(value)) {
    if (hasText(value)) builder.paragraph([...path, scalar(value)].join(': '));
    return;
  }
  const entries = Object.entries(value as Record<string, unknown>);
  const isList = Array.isArray(value);
  const line = ownValues(entries, isList);
  if (line) builder.paragraph(path.length > 0 ? `${path.join(' / ')}: ${line}` : line);
  for (const [key, entry] of entries) {
    if (!isPlain(entry)) write(builder, entry, isList ? path : [...path, key], depth + 1);
  }
}

function ownValues(entries: readonly (readonly [string, unknown])[], isList: boolean): string {
  const own = entries.filter(([, entry]) => isPlain(entry) && hasText(entry));
  const parts = own.map(([key, entry]) => (isList ? scalar(entry) : `${key}: ${scalar(entry)}`));
  return parts.join(isList ? ', ' : '; ');
}
