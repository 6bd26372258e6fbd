import { describe, expect, it } from '@jest/globals';
import type { Document } from '@belay/contracts';
import type { Chosen } from './dropped-files';
import { sayUpload } from './say-upload';
import type { Upload } from './use-upload';

const chosen: Chosen = { file: new File(['x'], 'huge.txt'), path: 'huge.txt' };
const upload = (change: Partial<Upload>): Upload => ({
  total: 2,
  done: 2,
  sent: [
    { id: 'a', unchanged: false, replaces: false },
    { id: 'b', unchanged: false, replaces: false },
  ],
  failed: [],
  busy: false,
  ...change,
});

const known = (stages: Record<string, Document['stage']>) => new Map(Object.entries(stages));

describe('how an upload went', () => {
  it('counts nothing as uploaded that was sent and could not be read', () => {
    expect(sayUpload(upload({}), new Map())).toBe('2 of 2 uploaded');
    const one = known({ a: 'ready', b: 'failed', 'of-another-upload': 'failed' });
    expect(sayUpload(upload({}), one)).toBe('1 of 2 uploaded, ready, 1 failed');
    const again = upload({ sent: [{ id: 'b', unchanged: true, replaces: false }], total: 1, done: 1 });
    expect(sayUpload(again, new Map())).toBe('1 of 1 uploaded, 1 of them unchanged');
    expect(sayUpload(again, known({ b: 'failed' }))).toBe('0 of 1 uploaded, 1 failed');
  });

  it('says how many took the place of another', () => {
    const sent = [
      { id: 'a', unchanged: false, replaces: true },
      { id: 'b', unchanged: false, replaces: false },
    ];
    expect(sayUpload(upload({ sent }), new Map())).toBe(
      '2 of 2 uploaded, 1 of them in place of what was there',
    );
  });

  it('says what cannot be found yet, and when all can be', () => {
    expect(sayUpload(upload({}), known({ a: 'ready', b: 'embed' }))).toBe(
      '2 of 2 uploaded, 1 still being read',
    );
    const both = known({ a: 'ready', b: 'ready' });
    expect(sayUpload(upload({}), both)).toBe('2 of 2 uploaded, ready');
    expect(sayUpload(upload({ busy: true, total: 3 }), both)).toBe('2 of 3 uploaded');
  });

  it('leaves out what was refused at once, and what was not begun', () => {
    const refused = [{ chosen, reason: 'It is too large.' }];
    const some = upload({ total: 4, done: 3, failed: refused });
    expect(sayUpload(some, known({ a: 'failed' }))).toBe('1 of 4 uploaded, 1 failed, 1 left out');
    expect(sayUpload({ ...some, busy: true }, new Map())).toBe('2 of 4 uploaded');
  });
});
