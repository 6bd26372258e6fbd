import { describe, expect, it } from '@jest/globals';
import { parseInParts } from './parse-process.js';
import { BEGINNING, type Part } from './part.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function parseInProcess(
  content: Uint8Array,
  name: string,
  limits?: { timeoutMs: number },
): Promise<{ text: string; title: string | null; parts: Part[] }> {
  const parts: Part[] = [];
  for await (const part of parseInParts(content, name, BEGINNING, limits)) parts.push(part);
  return { text: parts.map(({ text }) => text).join(''), title: parts[0]?.title ?? null, parts };
}

// The child runs the compiled entry: build the library first.
describe('parseInParts', () => {
  it('gives what the parser gives, large documents included', async () => {
    const body = 'A sentence of the body.\n\n'.repeat(40_000);
    const parsed = await parseInProcess(bytes(`# Title\n\n${body}`), 'a.md');
    expect(parsed.title).toBe('Title');
    expect(parsed.parts[0]).toMatchObject({ start: 0, pages: null });
    expect(Math.max(...parsed.parts.map(({ text }) => text.length))).toBeLessThan(25_000);
    expect(parsed.text).toHaveLength('Title\n\n'.length + body.length - 2);
  }, 30_000);

  it('passes a refusal on with its code and message', async () => {
    const failure = {
      name: 'DomainError',
      code: 'documents.unsupported',
      message: expect.stringContaining('.exe'),
    };
    await expect(parseInProcess(bytes('x'), 'a.exe')).rejects.toMatchObject(failure);
  }, 30_000);

  it('ends a parser that takes too long', async () => {
    const failure = { code: 'documents.malformed', message: expect.stringContaining('took longer than') };
    await expect(parseInProcess(bytes('x'), 'a.html', { timeoutMs: 1 })).rejects.toMatchObject(failure);
  }, 30_000);

  it('reads texts one after another in one process, each as if it were the only one', async () => {
    const texts = Array.from({ length: 6 }, (_, index) => `Document number ${index} says ${index * 7}.`);
    for (const text of texts) expect((await parseInProcess(bytes(text), 'a.txt')).text).toBe(text);
    const together = texts.map(async (text) => (await parseInProcess(bytes(text), 'a.md')).text);
    expect(await Promise.all(together)).toEqual(texts);
  }, 30_000);

  it('reads on after a process was ended', async () => {
    await parseInProcess(bytes('before'), 'a.txt');
    const long = bytes('A sentence of the body.\n\n'.repeat(100_000));
    const code = 'documents.malformed';
    await expect(parseInProcess(long, 'a.md', { timeoutMs: 1 })).rejects.toMatchObject({ code });
    expect((await parseInProcess(bytes('after'), 'a.txt')).text).toBe('after');
  }, 30_000);
});
