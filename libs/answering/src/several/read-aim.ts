/** One side of a comparison: what it is called in the question, and the question asked of it alone. */
export interface Side {
  readonly subject: string;
  readonly question: string;
}

/** What a question wants: sentences, the documents that deal with a topic, or one thing held against another. */
export type Aim =
  | { readonly kind: 'quotes' }
  | { readonly kind: 'documents'; readonly topic: string }
  | { readonly kind: 'comparison'; readonly sides: readonly [Side, Side] };

const NOUN = {
  en: 'documents?|files?|pages?|polic(?:y|ies)|guides?|guidelines?|handbooks?|manuals?|runbooks?|procedures?|reports?|minutes|contracts?|agreements?|papers?|articles?|notes?|tickets?|e-?mails?|letters?|records?',
  de: 'dokumente?|dateien?|seiten?|richtlinien?|leitfäden|handbücher|anleitungen|berichte|protokolle|verträge|notizen',
  sv: 'dokument|filer|sidor|policyer|riktlinjer|handböcker|rapporter|protokoll|avtal|anteckningar',
  fr: 'documents?|fichiers?|pages?|politiques?|guides?|manuels?|procédures?|rapports?|contrats?|notes?',
  es: 'documentos?|archivos?|páginas?|políticas?|guías?|manuales?|procedimientos?|informes?|contratos?|notas?',
};
const ABOUT = {
  en: 'mentions?|mention(?:ed|ing)|discuss(?:es)?|cover(?:s|ing)?|describes?|refers? to|deals? with|talks? about|says? (?:something |anything )?about|contains?|containing|names?|naming|(?:is|are) about|about|on the (?:subject|topic) of|regarding|concerning',
  de: 'erwähnen|erwähnt|nennen|nennt|behandeln|behandelt|beschreiben|beschreibt|enthalten|enthält|über|zu|handeln von',
  sv: 'nämner|omnämner|beskriver|behandlar|handlar om|innehåller|om',
  fr: 'mentionnent|mentionne|parlent de|parle de|décrivent|décrit|traitent de|contiennent|contient|sur|concernant',
  es: 'mencionan?|hablan? de|describen?|tratan? (?:de|sobre)|contienen?|sobre',
};
const ASKS = {
  en: '(?:please\\s+)?(?:which|what|list|show|find|name|give me|are there|do we have|in which|in what)(?:\\s+(?:me|all|any|every|the|of|our|us|are|is))*',
  de: '(?:welche[rsnm]?|in welchen|liste|zeige?|nenne|finde)(?:\\s+(?:mir|alle|die|unsere))*',
  sv: '(?:vilka|vilket|i vilka|lista|visa|hitta)(?:\\s+(?:mig|alla|de|våra))*',
  fr: '(?:quels?|quelles?|dans quels?|dans quelles?|liste|montre|trouve)(?:\\s+(?:moi|tous|toutes|les|nos))*',
  es: '(?:qu[eé]|cu[aá]les|en qu[eé]|lista|muestra|encuentra)(?:\\s+(?:me|todos|todas|los|las|nuestros|nuestras))*',
};
type Language = keyof typeof NOUN;

// "Which documents mention …": a question word, up to two words, a kind of document, and what it does with the topic.
const DOCUMENTS = (Object.keys(NOUN) as Language[]).map(
  (language) =>
    new RegExp(
      `^(?:${ASKS[language]})\\s+(?:\\p{L}+\\s+){0,2}?(?:${NOUN[language]})\\s+(?:(?:that|which|who|die|der|som|qui|que)\\s+)?(?:${ABOUT[language]})\\s+(?<topic>.+)$`,
      'iu',
    ),
);
const PLACES =
  /^(?:where|in which documents?)\s+(?:is|are|do we|does it)\s+(?<topic>.+?)\s+(?:mentioned|described|discussed|covered|documented)$/iu;

// "Compare travel to Porto and to Halifax" is joined by its "and", so the joining words are tried in this order.
const JOINS = ['and|und|och|et|y', 'with|mit|med|avec|con', 'to'];
const COMPARISONS = [
  ...JOINS.flatMap((join) => [
    new RegExp(
      `^(?:please\\s+)?(?:compare|vergleiche|jämför|comparez?|compara)\\s+(?<first>.+?)\\s+(?:${join})\\s+(?<second>.+)$`,
      'iu',
    ),
    new RegExp(
      `^(?:what(?:'s| is| are)?\\s+)?(?:the\\s+)?differences?\\s+(?:in\\s+(?<frame>.+?)\\s+)?between\\s+(?<first>.+?)\\s+(?:${join})\\s+(?<second>.+)$`,
      'iu',
    ),
  ]),
  /^how\s+(?:do|does|did)\s+(?<first>.+?)\s+differ\s+from\s+(?<second>.+)$/iu,
  /^(?<first>.+?)\s+(?:versus|vs\.?|compared (?:with|to))\s+(?<second>.+)$/iu,
];

// Of a name only.
const ARTICLE = /^(?:the|die|der|das|den|les?|la|los|las|el)\s+(?=\p{Lu})/u;

/** Reads from its wording what a question wants. What is not clearly a list or a comparison asks for sentences. */
export function readAim(question: string): Aim {
  const text = question
    .normalize('NFKC')
    .replace(/\s+/g, ' ')
    .replace(/^[\s¿¡]+|[\s?？؟.!]+$/gu, '');
  return readComparison(text) ?? readTopic(text) ?? { kind: 'quotes' };
}

function readTopic(text: string): Aim | undefined {
  for (const pattern of [...DOCUMENTS, PLACES]) {
    const topic = pattern
      .exec(text)
      ?.groups?.['topic']?.replace(/^["'“”«»‘’]+|["'“”«»‘’]+$/gu, '')
      .trim();
    if (topic) return { kind: 'documents', topic };
  }
  return undefined;
}

function readComparison(text: string): Aim | undefined {
  for (const pattern of COMPARISONS) {
    const found = pattern.exec(text)?.groups;
    if (!found?.['first'] || !found['second']) continue;
    const frame = found['frame'] === undefined ? '' : `${found['frame']} `;
    const [first, second] = [found['first'], found['second']].map((side) => side.replace(ARTICLE, ''));
    return { kind: 'comparison', sides: sidesOf(frame, first as string, second as string) };
  }
  return undefined;
}

const TIED =
  /^(?<shared>.*\b(?:in|of|for|at|on|with|by|to|from|im|von|für|i|av|de|en|du)\s+)(?<subject>.+)$/iu;
const NAMED =
  /^(?<subject>\p{Lu}[\p{L}\p{M}\d-]*(?:\s+(?:\p{Lu}[\p{L}\p{M}\d-]*|\d+))*)\s+(?<shared>\p{Ll}.*)$/u;

// "The vacation rules in Porto and Halifax": what ties the first name to its rules holds for the second. "Porto and
// Halifax opening hours": what follows the second name holds for the first. Else each side stands by itself.
function sidesOf(frame: string, first: string, second: string): readonly [Side, Side] {
  const { before = '', after = '', subject = first } = sharedBy(first, second);
  const bare = after === '' ? second : second.slice(0, -after.length);
  const side = (name: string): Side => ({
    subject: name.trim().replace(ARTICLE, ''),
    question: `${frame}${before}${name}${after}`.replace(/\s+/g, ' ').trim(),
  });
  return [side(subject), side(bare)];
}

function sharedBy(first: string, second: string): { before?: string; after?: string; subject?: string } {
  const tied = TIED.exec(first)?.groups;
  if (tied && !TIED.test(second)) return { before: tied['shared'] ?? '', subject: tied['subject'] ?? first };
  const named = /^\p{Lu}[\p{L}\p{M}\d\s-]*$/u.test(first) ? NAMED.exec(second)?.groups : undefined;
  return named ? { after: ` ${named['shared']}` } : {};
}
