import { describe, expect, it } from '@jest/globals';
import { MemoryWatermark } from './memory-watermark.js';

describe('the memory watermark', () => {
  const MINUTE = 60_000;
  let memory = 0;
  let now = 0;
  let recycled = 0;
  const watermark = (to: number) => {
    const mark = new MemoryWatermark(
      100,
      () => memory,
      () => now,
    );
    const recycle = (): Promise<void> => {
      recycled += 1;
      memory = to;
      return Promise.resolve();
    };
    [memory, now, recycled] = [0, 0, 0];
    return () => mark.look(recycle);
  };

  it('leaves alone what is below it', async () => {
    const look = watermark(10);
    memory = 100;
    expect(await look()).toEqual({ outcome: 'below', before: 100, after: 100 });
    expect(recycled).toBe(0);
  });

  it('has what is above it recycled, and again only after a rest', async () => {
    const look = watermark(10);
    memory = 101;
    expect(await look()).toEqual({ outcome: 'recycled', before: 101, after: 10 });
    memory = 200;
    now = 9 * MINUTE;
    expect((await look()).outcome).toBe('resting');
    now = 10 * MINUTE;
    expect((await look()).outcome).toBe('recycled');
    expect(recycled).toBe(2);
  });

  it('says when that did not help', async () => {
    const look = watermark(150);
    memory = 200;
    expect((await look()).outcome).toBe('still-above');
  });

  it('rests also after a failure', async () => {
    const mark = new MemoryWatermark(
      1,
      () => 2,
      () => 0,
    );
    await expect(mark.look(() => Promise.reject(new Error('no thread')))).rejects.toThrow('no thread');
    expect((await mark.look(() => Promise.resolve())).outcome).toBe('resting');
  });
});
