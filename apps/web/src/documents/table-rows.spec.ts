import { describe, expect, it } from '@jest/globals';
import { blocks } from './blocks';
import { tableText } from './table-rows';

const shown = (text: string, highlight?: { start: number; end: number }) => {
  const { columns, rows } = tableText(blocks({ text, headings: [] }, highlight), highlight);
  return {
    columns,
    rows: rows.map(({ cells }) => cells.map((cell) => cell.map((part) => part.text).join(''))),
  };
};

describe('a table from its text', () => {
  it('has its columns, with empty cells where a row lacks them', () => {
    expect(shown('Bolt: M8; Note: dry; no oil\n\nBolt: M10; Torque: 49 Nm; Note: wet')).toEqual({
      columns: ['Bolt', 'Torque', 'Note'],
      rows: [
        ['M8', '', 'dry; no oil'],
        ['M10', '49 Nm', 'wet'],
      ],
    });
  });

  it('keeps a value that looks like a cell, and a row that fits no column', () => {
    const rows = Array.from({ length: 30 }, (_, index) => `Part: P${index}; Stock: ${index}`);
    const { columns, rows: cells } = shown(['Part: P; Stock: 3; see: shelf', 'a | b', ...rows].join('\n\n'));
    expect({ columns, first: cells.slice(0, 2) }).toEqual({
      columns: ['Part', 'Stock'],
      first: [['P', '3; see: shelf'], ['a | b']],
    });
  });

  it('without a header has cells alone', () => {
    expect(shown('1 | 2\n\n3 | 4')).toEqual({
      columns: [],
      rows: [
        ['1', '2'],
        ['3', '4'],
      ],
    });
  });

  it('marks what is cited within its row, and no other', () => {
    const text = 'Part: Gasket; Stock: 42\n\nPart: Valve; Stock: 7';
    const highlight = { start: 25, end: text.length };
    const { rows } = tableText(blocks({ text, headings: [] }, highlight), highlight);
    expect(rows.map((row) => row.isCited)).toEqual([false, true]);
    expect(rows[1]?.cells.flat().filter((part) => part.marked)).toEqual([
      { text: 'Valve', marked: true },
      { text: '7', marked: true },
    ]);
  });
});
