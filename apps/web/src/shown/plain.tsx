import { splitUnseen } from '@belay/contracts';

/** A text as it is: what people do not see of it, or what turns its order round, is written out and marked. */
export function Plain({ text }: { text: string }) {
  return splitUnseen(text).map((part, at) =>
    part.isUnseen ? (
      <mark key={at} className="unseen" title="A character that is not seen">
        {part.text}
      </mark>
    ) : (
      // Each part keeps its own direction, whatever stands before it.
      <bdi key={at}>{part.text}</bdi>
    ),
  );
}
