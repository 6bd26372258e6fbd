import { openArchive, partOf } from './archive.js';
import { tableSentences } from './table-rows.js';
import { withHeader } from './parse-delimited.js';
import { type ParsedText, TextBuilder } from './text-builder.js';
import { elementsOf, findAll, parseXml, textOf, type XmlElement } from './xml.js';

const TITLES = new Set(['title', 'ctrTitle']);
const numberOf = (path: string): number => Number(/(\d+)\.xml$/.exec(path)?.[1]);

/** PowerPoint: each slide is a page with its title as heading, its text in order, its tables, and its notes. */
export function parseSlides(bytes: Uint8Array): ParsedText {
  const archive = openArchive(bytes, (path) =>
    /^ppt\/(?:presentation\.xml|_rels\/presentation\.xml\.rels|slides\/slide\d+\.xml|slides\/_rels\/slide\d+\.xml\.rels|notesSlides\/notesSlide\d+\.xml)$/.test(
      path,
    ),
  );
  const builder = new TextBuilder();
  const relationsOf = (path: string): Map<string | undefined, string> => {
    const source = archive.get(path);
    const found = source === undefined ? [] : findAll(parseXml(source), 'Relationship');
    return new Map(found.map(({ attributes }) => [attributes['Id'], attributes['Target'] ?? '']));
  };
  const presentation = parseXml(partOf(archive, 'ppt/presentation.xml'));
  const targets = relationsOf('ppt/_rels/presentation.xml.rels');
  const ordered = findAll(presentation, 'sldId');
  const listed = ordered.map(
    ({ attributes }) => `ppt/${(targets.get(attributes['id']) ?? '').replace(/^\/ppt\//, '')}`,
  );
  const slides = [...archive.keys()].filter((path) => path.startsWith('ppt/slides/slide'));
  slides.sort((a, b) => listed.indexOf(a) - listed.indexOf(b) || numberOf(a) - numberOf(b));
  for (const path of slides) {
    const slide = parseXml(archive.get(path) ?? '');
    if (findAll(slide, 'sld')[0]?.attributes['show'] === '0') continue;
    builder.page();
    writeShapes(builder, slide);
    const relations = relationsOf(path.replace('slides/', 'slides/_rels/') + '.rels');
    const notes = [...relations.values()].find((target) => target.includes('notesSlides/'));
    const notesSource = notes && archive.get(`ppt/${notes.replace('../', '')}`);
    if (notesSource) writeNotes(builder, parseXml(notesSource));
  }
  return builder.build();
}

const breaks = ({ name }: XmlElement): string | undefined => (name === 'br' ? '\n' : undefined);
const placeholderOf = (shape: XmlElement): string | undefined => findAll(shape, 'ph')[0]?.attributes['type'];

function writeShapes(builder: TextBuilder, slide: XmlElement): void {
  const shapes = findAll(slide, 'sp', 'graphicFrame');
  const isTitle = (shape: XmlElement): boolean => TITLES.has(placeholderOf(shape) ?? '');
  for (const shape of shapes.filter(isTitle)) builder.heading(1, textOf(shape, breaks));
  for (const shape of shapes.filter((one) => !isTitle(one))) {
    const tables = findAll(shape, 'tbl');
    for (const table of tables) writeTable(builder, table);
    if (tables.length > 0) continue;
    const lines = findAll(shape, 'txBody').flatMap((body) =>
      findAll(body, 'p').map((line) => textOf(line, breaks)),
    );
    for (const line of lines) builder.paragraph(line);
  }
}

function writeTable(builder: TextBuilder, table: XmlElement): void {
  const rows = findAll(table, 'tr').map((row) => elementsOf(row).filter(({ name }) => name === 'tc'));
  const cells = rows.map((row) => row.map((cell) => textOf(cell, breaks).replace(/\s+/g, ' ').trim()));
  for (const sentence of tableSentences(withHeader(cells))) builder.paragraph(sentence);
}

function writeNotes(builder: TextBuilder, notes: XmlElement): void {
  const bodies = findAll(notes, 'sp').filter((shape) => placeholderOf(shape) === 'body');
  for (const body of bodies) {
    for (const line of findAll(body, 'p')) builder.paragraph(textOf(line, breaks));
  }
}
