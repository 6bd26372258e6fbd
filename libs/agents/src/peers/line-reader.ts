const NEWLINE = 10;
const MOST_PARTS = 1000;

/** Cuts a stream of bytes into lines without keeping more than the largest line allowed. */
export class LineReader {
  private parts: Buffer[] = [];
  private length = 0;

  /** The lines that a chunk completes; undefined in place of one that is longer than `largest`, which ends it. */
  *read(chunk: Buffer, largest: number): Generator<string | undefined> {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); ; end = rest.indexOf(NEWLINE)) {
      const part = end < 0 ? rest : rest.subarray(0, end);
      this.length += part.length;
      if (this.length > largest) {
        this.parts = [];
        yield undefined;
        return;
      }
      if (part.length > 0) this.parts.push(part);
      if (this.parts.length > MOST_PARTS) this.parts = [Buffer.concat(this.parts)];
      if (end < 0) return;
      yield this.take();
      rest = rest.subarray(end + 1);
    }
  }

  private take(): string {
    const line = Buffer.concat(this.parts).toString('utf8');
    this.parts = [];
    this.length = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}
