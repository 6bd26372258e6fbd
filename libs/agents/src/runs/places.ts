import type { RunState } from '@belay/contracts';

/** Whose run wants a place, and for what. */
export interface Wanting {
  readonly run: string;
  readonly requester: number;
  readonly state: RunState;
}

/** Whose runs find no place now; null where nobody's do. */
export interface Crowded {
  readonly doing: readonly number[] | null;
  readonly undoing: readonly number[] | null;
}

// Taking back has places of its own, and of either kind nobody has more than a part.
const DOING = { most: 16, ofPerson: 4 };
const UNDOING = { most: 4, ofPerson: 2 };

type Kind = 'doing' | 'undoing';
const BOUNDS = { doing: DOING, undoing: UNDOING } satisfies Record<Kind, object>;
export const MOST_AT_ONCE = DOING.most + UNDOING.most;

/**
 * The runs that a process works on at once. However many runs of a person wait for servers that do not answer, others
 * find a place, and so does whatever is taken back.
 */
export class Places {
  private readonly taken = new Map<string, { readonly kind: Kind; readonly person: number }>();

  /** Whether a run may be worked on now; its place is to be given back. */
  take({ run, requester, state }: Wanting): boolean {
    const kind = state === 'compensating' ? 'undoing' : 'doing';
    const { most, ofPerson } = BOUNDS[kind];
    if (this.count(kind) >= most || this.count(kind, requester) >= ofPerson) return false;
    this.taken.set(run, { kind, person: requester });
    return true;
  }

  give(run: string): void {
    this.taken.delete(run);
  }

  /** Whether somebody may wait for the place of a run. */
  isMissed(run: string): boolean {
    const place = this.taken.get(run);
    if (!place) return false;
    const crowded = this.crowdedOf(place.kind);
    return crowded === null || crowded.includes(place.person);
  }

  /** Whom to look past: those with all the places that one may have. */
  get crowded(): Crowded {
    return { doing: this.crowdedOf('doing'), undoing: this.crowdedOf('undoing') };
  }

  private crowdedOf(kind: Kind): number[] | null {
    if (this.count(kind) >= BOUNDS[kind].most) return null;
    const people = new Set([...this.taken.values()].map(({ person }) => person));
    return [...people].filter((person) => this.count(kind, person) >= BOUNDS[kind].ofPerson);
  }

  private count(kind: Kind, person?: number): number {
    return [...this.taken.values()].filter(
      (one) => one.kind === kind && (person ?? one.person) === one.person,
    ).length;
  }
}
