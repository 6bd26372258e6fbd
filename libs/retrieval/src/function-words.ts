import { analyzeText } from './analyze.js';

// Words that ask or join. Documents hardly hold "how many", so their idf would be that of a rare name.
const LISTS: Readonly<Record<string, string>> = {
  en: `a about above after all am an and any are as at be been being before below between both but by can could
    did do does doing done during each either every exactly for from had has have having he her here hers him his
    how i if in into is it its many may me might more most much must my no not of off on one or other our out over
    own shall she should so some such than that the their them then there these they this those through to too
    under until up upon us use used using very was we were what when where whether which while who whom whose why
    will with within without would you your`,
  de: `aber alle als also am an auch auf aus bei beim bin bis da das dass dem den der des die dies diese dieser
    dieses doch du durch ein eine einem einen einer eines er es für gegen haben hat hatte hatten ich ihr ihre ihrem
    ihren im in ist ja kann kein keine können man mein meine mich mir mit muss müssen nach nicht noch nur ob oder
    ohne sein seine sich sie sind so soll sollen über um und uns unser unsere unter viel viele vom von vor wann war
    waren warum was welche welchem welchen welcher welches wem wen wenn wer werden wessen wie wieviel wird wir wo
    wurde wurden zu zum zur zwischen`,
  sv: `alla att av blir blev de dem den denna detta det dig din du där efter eller en ett fick finns från får för
    ha hade han har hon hos hur i in inom inte ja jag kan man med mellan men min mot mycket måste många när någon
    något och om oss på sin ska skall skulle så till under upp ut utan vad var varför varje vart vem vems vi vid
    vilka vilken vilket vill är över`,
  fr: `à au aux avec ce ces cette comment combien dans de des du elle en est et être faut il ils je la le les leur
    lui mais mes mon ne nos notre nous on ou où par pas peut plus pour pourquoi qu quand que quel quelle quelles
    quels qui sa sans se ses si son sont sous sur ta te tu un une vos votre vous était a ont été`,
  es: `a al algún como cómo con cual cuál cuáles cuando cuándo cuánta cuántas cuánto cuántos de del desde donde
    dónde el ella ellos en entre era es esta este esto está fue ha han hasta hay la las le les lo los más me mi
    mis muy no nos o para pero por porque puede qué que quien quién quiénes se ser si sin sobre son su sus también
    tiene tu un una y ya`,
};
/** Languages whose joining words are known. */
export const KNOWN_LANGUAGES: ReadonlySet<string> = new Set(Object.keys(LISTS));
const WORDS = Object.entries(LISTS).map(
  ([language, list]) => [language, new Set(list.split(/\s+/))] as const,
);

/** What of a question only asks or joins. */
export interface FunctionWords {
  /** Their index terms, under every language's stemming. */
  readonly terms: ReadonlySet<string>;
  /** The language whose list holds most of the question's words; null where none holds more than the others. */
  readonly language: string | null;
}

// The lists are short, so each of their words is stemmed once.
const known = new Map<string, string[]>();
function termsOf(word: string): string[] {
  const terms = known.get(word);
  if (terms) return terms;
  const made = ['', ...KNOWN_LANGUAGES].flatMap((language) => [...analyzeText(word, language).terms.keys()]);
  known.set(word, made);
  return made;
}

/** Finds the joining words of the question's own language: "die" and "was" mean little in German only. */
export function findFunctionWords(question: string): FunctionWords {
  const words =
    question
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const held = WORDS.map(([language, list]) => ({ language, found: words.filter((word) => list.has(word)) }));
  const [most, next] = held.sort((a, b) => b.found.length - a.found.length);
  const terms = (most?.found ?? []).flatMap(termsOf);
  const isClear = most !== undefined && most.found.length > (next?.found.length ?? 0);
  return { terms: new Set(terms), language: isClear ? most.language : null };
}

// Scripts that one language is written in, or that tell a question from what is written in another script.
const SCRIPTS = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
] as const;
// A name in another script does not make a question one of that language.
const LEAST_SHARE = 0.3;

/** ISO 639-1 code of a question's language by its script or its joining words; null where they do not tell. */
export function languageOfQuestion(question: string): string | null {
  const letters = question.match(/\p{L}/gu)?.length ?? 0;
  const written = SCRIPTS.find(([, script]) => (question.match(script)?.length ?? 0) > LEAST_SHARE * letters);
  return written?.[0] ?? findFunctionWords(question).language;
}
