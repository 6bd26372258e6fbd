import { describe, expect, it } from '@jest/globals';
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

describe('how an upload went', () => {
  it('counts nothing as uploaded that was sent and could not be read', () => {
    expect(sayUpload(upload({}), new Set())).toBe('2 of 2 uploaded');
    expect(sayUpload(upload({}), new Set(['b', 'of-another-upload']))).toBe('1 of 2 uploaded, 1 failed');
    const again = upload({ sent: [{ id: 'b', unchanged: true, replaces: false }], total: 1, done: 1 });
    expect(sayUpload(again, new Set())).toBe('1 of 1 uploaded, 1 of them unchanged');
    expect(sayUpload(again, new Set(['b']))).toBe('0 of 1 uploaded, 1 failed');
  });

  it('says how many took the place of another', () => {
    const sent = [
      { id: 'a', unchanged: false, replaces: true },
      { id: 'b', unchanged: false, replaces: false },
    ];
    expect(sayUpload(upload({ sent }), new Set())).toBe(
      '2 of 2 uploaded, 1 of them in place of what was there',
    );
  });

  it('leaves out what was refused at once, and what was not begun', () => {
    const refused = [{ chosen, reason: 'It is too large.' }];
    const some = upload({ total: 4, done: 3, failed: refused });
    expect(sayUpload(some, new Set(['a']))).toBe('1 of 4 uploaded, 1 failed, 1 left out');
    expect(sayUpload({ ...some, busy: true }, new Set())).toBe('2 of 4 uploaded');
  });
});
