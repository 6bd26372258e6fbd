/** What stands for something said before, and how the thing takes its place: `{}` is the thing, `{rest}` what follows. */
export interface ReferringWords {
  readonly kind: 'thing' | 'whose' | 'which' | 'place';
  readonly words: readonly string[];
  /** `{}` where the thing goes, `{word}` where the word after goes. Only `whose` and `which` take the word after. */
  readonly as: string;
}

/** How a language goes on from what was asked before. Words and phrases in lower case; a space is any white space. */
export interface FollowUpWords {
  /** "What about", with what may come before and after it. */
  readonly openers: readonly string[];
  /** "And", "but". */
  readonly joiners: readonly string[];
  readonly prepositions: readonly string[];
  /** Prepositions that tie a phrase to its head: they hold no place that another thing could take. */
  readonly ties: readonly string[];
  readonly articles: readonly string[];
  /** What asks: "how long", "where". */
  readonly asking: readonly string[];
  /** Verbs that make a clause without saying what it is about. */
  readonly verbs: readonly string[];
  /** Who asks or acts in general: "I", "one", "we"; and other words that say nothing by themselves. */
  readonly small: readonly string[];
  /** "There is", "is it possible": here the word stands for nothing. */
  readonly expletives: readonly string[];
  /** "Year", "week": what a demonstrative before it does not point back with. */
  readonly times: readonly string[];
  readonly references: readonly ReferringWords[];
  /** Between a bare "how long" and what it is asked of. */
  readonly about: string;
  /** Before what a question is widened by: "for". */
  readonly for: string;
}
