import { type PlannedPlace, type PreviewStep, Reference, sayLoop, sayReference } from '@belay/contracts';

const ASKS = {
  always: 'somebody has to allow it, every time',
  perhaps: 'somebody has to allow it where text that nobody of us wrote decides it',
} as const;

/** The calls of a plan that have not happened, with what is known of each. */
export function previewLines(plan: readonly PreviewStep[]): string[] {
  return plan.map((step) => previewLine(step, { loops: step.loops, plan }));
}

function previewLine(step: PreviewStep, place: PlannedPlace): string {
  const { id, title, contract, within, problem } = step;
  const each = sayLoop(place);
  const often = step.rounds.length > 0 ? '' : 'up to ';
  const times = within?.kind === 'each' ? ` ${often}${within.most} times` : '';
  const more = [each && `once for ${each}`, ...calls(step, place), ...bounds(step), problem].filter(Boolean);
  return [`  ${id}  would: ${title}${times} (${contract ?? 'a question'})`, ...more].join('\n      ');
}

/** What a call is made with, each time where that is known. */
function calls({ arguments: given, rounds, within }: PreviewStep, place: PlannedPlace): string[] {
  if (rounds.length === 0) return given === null ? [] : [sayArguments(given, place)];
  const more = (within?.most ?? 0) - rounds.length;
  return [...rounds.map((round) => sayArguments(round, place)), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** What a call that changes something touches, how it is taken back, and who has to allow it. */
function bounds({ blast, effect, contract, wayBack, approval }: PreviewStep): (string | false | null)[] {
  const hasEffect = effect !== 'read' && contract !== null;
  return [
    hasEffect && blast && `touches at most ${blast.items} of ${blast.resource}`,
    hasEffect && `way back: ${wayBack ?? 'none, it cannot be taken back'}`,
    approval !== 'never' && ASKS[approval],
  ];
}

/** Arguments as JSON, with words in ‹› and no quotation marks where a value is not known yet. */
export function sayArguments(value: unknown, place: PlannedPlace): string {
  const reference = Reference.safeParse(value).data;
  if (reference) return `‹${sayReference(reference, place)}›`;
  if (Array.isArray(value)) return `[${value.map((one) => sayArguments(one, place)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}:${sayArguments(member, place)}`,
  );
  return `{${members.join(',')}}`;
}
