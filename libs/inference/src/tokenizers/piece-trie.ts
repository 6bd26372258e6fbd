const ROOT = 0;
const MULTIPLIER = 0x9e3779b1;

/** Finds the pieces that begin at a place of a text. Edges lie in one open hash table of typed arrays. */
export class PieceTrie {
  private mask: number;
  private parents: Int32Array;
  private units: Uint16Array;
  private children: Int32Array;
  private pieceOf: Int32Array;
  private nodes = 1;

  /** `pieces` by id; an empty one is left out, of equal ones the first is found. */
  constructor(pieces: readonly string[]) {
    const edges = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, edges * 1.5)));
    this.mask = slots - 1;
    this.parents = new Int32Array(slots).fill(-1);
    this.units = new Uint16Array(slots);
    this.children = new Int32Array(slots);
    this.pieceOf = new Int32Array(edges + 1).fill(-1);
    pieces.forEach((piece, id) => {
      if (piece) this.add(piece, id);
    });
    this.pieceOf = this.pieceOf.slice(0, this.nodes);
  }

  /** Calls `found` with the end and the id of each piece that begins at `start`, shortest first. */
  prefixes(text: string, start: number, found: (end: number, id: number) => void): void {
    let node = ROOT;
    for (let at = start; at < text.length; at += 1) {
      const slot = this.slot(node, text.charCodeAt(at));
      if (this.parents[slot] === -1) return;
      node = this.children[slot] as number;
      const id = this.pieceOf[node] as number;
      if (id >= 0) found(at + 1, id);
    }
  }

  private add(piece: string, id: number): void {
    let node = ROOT;
    for (let at = 0; at < piece.length; at += 1) {
      const unit = piece.charCodeAt(at);
      const slot = this.slot(node, unit);
      if (this.parents[slot] === -1) {
        this.parents[slot] = node;
        this.units[slot] = unit;
        this.children[slot] = this.nodes;
        this.nodes += 1;
      }
      node = this.children[slot] as number;
    }
    if (this.pieceOf[node] === -1) this.pieceOf[node] = id;
  }

  // The slot of this edge, or the free one where it would stand.
  private slot(node: number, unit: number): number {
    let slot = (Math.imul(node, MULTIPLIER) ^ Math.imul(unit, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & this.mask;
    while (this.parents[slot] !== -1 && (this.parents[slot] !== node || this.units[slot] !== unit))
      slot = (slot + 1) & this.mask;
    return slot;
  }
}
