/** What a passage is embedded as: its title and headings say what it is about. */
export function passageText(title: string, heading: readonly string[], body: string): string {
  return [title, ...heading, body].join('\n');
}

/** A vector as it is stored: more digits change no order and make statements larger. */
export function rounded(vector: Float32Array | undefined): number[] {
  return Array.from(vector ?? [], (value) => Number(value.toPrecision(5)));
}
