import type { Part } from './blocks';

/** Text with what is cited in it marked. */
export function Marked({ parts }: { parts: readonly Part[] }) {
  return parts.map((part, index) => (part.marked ? <mark key={index}>{part.text}</mark> : part.text));
}
