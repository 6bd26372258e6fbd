import { describe, expect, it } from '@jest/globals';
import { mayFareBetter } from './may-fare-better';

describe('what failed is offered to be tried again', () => {
  it.each([
    ['tool.exe', 'documents.unsupported', false],
    ['LICENSE', 'documents.unsupported', false],
    ['scan.PDF', 'documents.unsupported', true],
    ['notes.md', 'internal', true],
  ])('%s after %s: %s', (path, code, offered) =>
    expect(mayFareBetter({ path, error: { code, detail: '' } })).toBe(offered),
  );
});
