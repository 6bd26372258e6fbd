import { sayTime } from '@belay/contracts';

/** A time as people read it, and as programs do. */
export const When = ({ at }: { at: string }) => <time dateTime={at}>{sayTime(at)}</time>;
