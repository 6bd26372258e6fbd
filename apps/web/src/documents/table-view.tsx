import { Button, Stack, Table } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Block, Highlight } from './blocks';
import { Marked } from './marked';
import { type Row, tableText } from './table-rows';

// A sheet may have a hundred thousand rows: those around the cited one are shown first.
const AROUND = 100;
const MORE = 500;

/** Rows of text as the table that they were read from, with the cited row marked. */
export function TableView({
  blocks,
  highlight,
  label,
}: {
  blocks: readonly Block[];
  highlight: Highlight | undefined;
  label: string;
}) {
  const { columns, rows } = useMemo(() => tableText(blocks, highlight), [blocks, highlight]);
  const cited = Math.max(
    0,
    rows.findIndex((row) => row.isCited),
  );
  const [from, setFrom] = useState(Math.max(0, cited - AROUND));
  const [to, setTo] = useState(cited + AROUND);
  const width = Math.max(columns.length, ...rows.slice(from, to).map((row) => row.cells.length));
  return (
    <Stack gap="xs" align="start">
      {from > 0 && (
        <Button variant="light" size="compact-sm" onClick={() => setFrom(Math.max(0, from - MORE))}>
          Show {Math.min(MORE, from)} rows before these
        </Button>
      )}
      <div className="sheet" role="group" aria-label={label} tabIndex={0}>
        <Table withTableBorder withColumnBorders>
          {columns.length > 0 && (
            <Table.Thead>
              <Table.Tr>
                {columns.map((name) => (
                  <Table.Th key={name}>{name}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
          )}
          <Table.Tbody>
            {rows.slice(from, to).map((row) => (
              <TableRow key={row.start} row={row} width={width} />
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {to < rows.length && (
        <Button variant="light" size="compact-sm" onClick={() => setTo(to + MORE)}>
          Show {Math.min(MORE, rows.length - to)} rows after these
        </Button>
      )}
    </Stack>
  );
}

function TableRow({ row, width }: { row: Row; width: number }) {
  return (
    <Table.Tr data-cited={row.isCited || undefined}>
      {row.cells.map((parts, column) => (
        <Table.Td key={column} colSpan={row.spans ? width : undefined}>
          <Marked parts={parts} />
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
