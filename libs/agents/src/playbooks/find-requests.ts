/** A part of what somebody wrote in which they want something done. */
export interface Request {
  /** From its verb, or the thing that is wished for, to the end of the sentence. */
  readonly text: string;
  /** What was written before it. */
  readonly before: string;
  /** Asked for, or a bare command, which only counts with a verb that a playbook knows. */
  readonly form: 'asked' | 'bare' | 'wish';
}

const POLITE =
  /^(?:(?:please|kindly|hi|hello|hey|ok|okay|so|now|then|and|but|just|also|quickly|belay|thanks|great)\b[,!.]?\s+)+/i;
const ASKED =
  /^(?:(?:could|can|would|will) you(?: (?:please|kindly|maybe|also|just|quickly))*|(?:i|we)(?:'d| would) like (?:you )?to|(?:i|we) (?:want|need|have) (?:you )?to|you (?:can|may|should|could)|let'?s|let us|go ahead and|help me (?:to )?|be so kind (?:as )?to|it would be (?:great|nice|good) if you(?: could)?)\s+/i;
const WISH = /^(?:i|we)(?:'d| would)? (?:need|want|like) (?=(?:a|an|another|some|the|one|my|new)\b)/i;
const QUESTION =
  /^(?:what|who|whom|whose|when|where|why|which|how|is|are|was|were|am|do|does|did|has|have|had|should|may|might|shall|could|can|would|will|isn't|aren't|doesn't|don't you)\b/i;
const REFUSED =
  /^(?:do not|don't|never|stop|no longer|not|avoid|refrain from|you (?:must|should|may|can) ?(?:not|never)|(?:i|we) (?:do not|don't|never))\b/i;
// "Show me how …", "find out when …" ask for an answer.
const INDIRECT =
  /^(?:[\p{L}'-]+)(?: (?:me|us|out|up|him|her|them))*,? (?:how|what|who|whom|whose|why|when|where|whether|which|if)\b/iu;
// Where a sentence may turn to what is wanted.
const TURN = /[,;–—]\s+|\s-\s|:\s+|\s+(?:and|so|but)\s+(?:then\s+)?/g;
const MOST_SENTENCES = 20;
const MOST_TURNS = 30;

/**
 * What of a text asks for something to be done, by its form alone: commands, "could you …", "I need a …". Questions,
 * refusals and statements are none: they start nothing, whatever they are about. The forms are those of English.
 * `isCommand` says whether words begin with a verb that is known, also one that looks like a refusal ("don't forget").
 */
export function findRequests(text: string, isCommand: (words: string) => boolean): Request[] {
  const plain = text.replaceAll('’', "'");
  const found: Request[] = [];
  let before = '';
  for (const sentence of sentencesOf(plain).slice(0, MOST_SENTENCES)) {
    const request = requestIn(sentence, isCommand);
    if (request) found.push({ ...request, before: `${before} ${request.before}`.trim() });
    before = `${before} ${sentence}`.trim();
  }
  return found;
}

const sentencesOf = (text: string): string[] =>
  text
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');

function requestIn(sentence: string, isCommand: (words: string) => boolean): Request | undefined {
  const starts = [0, ...[...sentence.matchAll(TURN)].map((turn) => turn.index + turn[0].length)];
  for (const start of starts.slice(0, MOST_TURNS)) {
    const asked = judge(sentence.slice(start), isCommand, sentence.endsWith('?'));
    // A question or a refusal is about the rest of its sentence, too.
    if (asked === 'none') return undefined;
    if (asked) return { ...asked, before: sentence.slice(0, start).replace(/[\s,;:–—-]+$/, '') };
  }
  return undefined;
}

function judge(
  clause: string,
  isCommand: (words: string) => boolean,
  isQuestion: boolean,
): Omit<Request, 'before'> | 'none' | undefined {
  const text = clause.replace(POLITE, '');
  const isPolite = text !== clause && /please|kindly/i.test(clause.slice(0, clause.length - text.length));
  if (INDIRECT.test(text)) return 'none';
  if (isCommand(text)) return isQuestion && !isPolite ? 'none' : { text, form: 'bare' };
  if (REFUSED.test(text)) return 'none';
  const wanted = wishOrDemand(text);
  if (wanted) return wanted;
  if (QUESTION.test(text)) return 'none';
  return isPolite ? { text, form: 'asked' } : undefined;
}

function wishOrDemand(text: string): Omit<Request, 'before'> | 'none' | undefined {
  const wished = text.replace(WISH, '');
  if (wished !== text) return { text: wished, form: 'wish' };
  const asked = text.replace(ASKED, '').replace(POLITE, '');
  if (asked === text) return undefined;
  return REFUSED.test(asked) || INDIRECT.test(asked) ? 'none' : { text: asked, form: 'asked' };
}
