import { type Fate, nameOf, type Script, thingsOf } from './random-plans-spec.js';
import type { CallOutcome } from '../../peers/call-outcome.js';
import type { ToolCall } from '../../peers/call-tool.js';

interface Thing {
  readonly id: string;
  readonly label: string;
  readonly key: string;
}

const REASON = 'as the test says';

/** A server of things, to whose calls happens what a script says, attempt by attempt. */
export class RandomServer {
  things: readonly Thing[] = [];
  /** How often something was made under a key. */
  readonly made = new Map<string, number>();
  private readonly fates: ReadonlyMap<string, Fate[]>;
  private readonly undoing: Fate[];

  constructor(
    private readonly script: Script,
    undoing: readonly Fate[],
  ) {
    this.fates = new Map([...script.fates].map(([name, fates]) => [name, [...fates]]));
    this.undoing = [...undoing];
  }

  find({ contract, arguments: given }: ToolCall): CallOutcome {
    const label = String(given['label']);
    // The one is asked for what is there, and the other says what its script does.
    const there = this.things.filter((thing) => thing.label === label);
    const said = thingsOf(label, this.script.found.get(label.slice(label.lastIndexOf('-') + 1)) ?? 0);
    const things = contract.peer.id === 'p' ? there.map(({ id }) => ({ id, label, revision: 1 })) : said;
    return { kind: 'result', value: { things } };
  }

  /** Makes a thing for a step. Under a key that it knows, this one gives again what it made; that of `p` knows none. */
  make({ contract, arguments: given, key }: ToolCall, step: string): CallOutcome {
    const fate = this.fates.get(nameOf(step))?.shift();
    const known = this.things.find((thing) => contract.peer.id !== 'p' && thing.key === key);
    const thing = known ?? { id: `T-${key.slice(0, 12)}`, label: String(given['label']), key };
    if (isDone(fate) && !known) {
      this.things = [...this.things, thing];
      this.made.set(key, (this.made.get(key) ?? 0) + 1);
    }
    return outcomeOf(fate, { id: thing.id, label: thing.label, revision: 1 });
  }

  remove({ arguments: given }: ToolCall): CallOutcome {
    const fate = this.undoing.shift();
    if (isDone(fate)) this.things = this.things.filter(({ id }) => id !== given['id']);
    return outcomeOf(fate, { id: given['id'] });
  }
}

const isDone = (fate: Fate | undefined): boolean =>
  fate === undefined || fate === 'done-and-lost' || fate === 'invalid';

function outcomeOf(fate: Fate | undefined, value: object): CallOutcome {
  if (fate === undefined) return { kind: 'result', value };
  if (fate === 'drift') return { kind: 'drift', changes: [] };
  if (fate === 'lost' || fate === 'done-and-lost') return { kind: 'unknown', reason: REASON };
  return { kind: fate, reason: REASON };
}
