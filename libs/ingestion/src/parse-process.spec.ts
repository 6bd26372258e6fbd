import { describe, expect, it } from '@jest/globals';
import { parseInProcess } from './parse-process.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

// The child runs the compiled entry: build the library first.
describe('parseInProcess', () => {
  it('gives what the parser gives, large documents included', async () => {
    const body = 'A sentence of the body.\n\n'.repeat(40_000);
    const parsed = await parseInProcess(bytes(`# Title\n\n${body}`), 'a.md');
    expect(parsed).toMatchObject({ title: 'Title', mediaType: 'text/markdown', pages: null, language: 'en' });
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
    await expect(parseInProcess(bytes('x'), 'a.txt', { timeoutMs: 1 })).rejects.toMatchObject(failure);
  }, 30_000);
});
