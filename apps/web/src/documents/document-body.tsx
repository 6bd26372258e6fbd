import type { DocumentContent } from '@belay/contracts';
import { Card, Group, Text, Title } from '@mantine/core';
import { IconPaperclip } from '@tabler/icons-react';
import { useEffect, useMemo, useRef } from 'react';
import { type Block, blocks, type Highlight } from './blocks';
import { Marked } from './marked';
import { TableView } from './table-view';

/** How the text of a document is laid out: as it is, or as what it was read from. */
export type Layout = 'text' | 'table' | 'slides' | 'mail';

const ENVELOPE = /^(?:From|To|Cc|Date): /;
const FILE_NAME = /\.[\p{L}\d]{1,8}$/u;

/** The text of a document, scrolled to what is cited. Whatever it holds is shown as text, never as markup. */
export function DocumentBody({
  content,
  highlight,
  layout,
}: {
  content: DocumentContent;
  highlight: Highlight | undefined;
  layout: Layout;
}) {
  const body = useRef<HTMLDivElement>(null);
  const { start, end } = highlight ?? {};
  const cited = useMemo(
    () => (start === undefined || end === undefined ? undefined : { start, end }),
    [start, end],
  );
  const parts = useMemo(() => blocks(content, cited), [content, cited]);
  useEffect(() => {
    // Newer browsers return a promise here, which is no clean-up.
    void body.current?.querySelector('mark')?.scrollIntoView({ block: 'center' });
  }, [parts, layout]);
  if (content.text === '') return <Text c="dimmed">This document holds no text.</Text>;
  return (
    <div ref={body}>
      {layout === 'table' && <Sheets parts={parts} highlight={cited} />}
      {layout === 'slides' && <Slides parts={parts} pages={content.pages ?? []} />}
      {layout === 'mail' && <Messages parts={parts} />}
      {layout === 'text' && parts.map((block) => <Paragraph key={block.start} block={block} />)}
    </div>
  );
}

function Paragraph({ block: { level, parts } }: { block: Block }) {
  if (level === 0)
    return (
      <p>
        <Marked parts={parts} />
      </p>
    );
  const order = Math.min(level + 1, 6) as 2 | 3 | 4 | 5 | 6;
  return (
    <Title order={order} size={order === 2 ? 'h3' : 'h4'} mt="md">
      <Marked parts={parts} />
    </Title>
  );
}

/** Begins a new group at each block for which `begins` holds. */
function grouped(parts: readonly Block[], begins: (block: Block, index: number) => boolean): Block[][] {
  const groups: Block[][] = [];
  for (const [index, block] of parts.entries()) {
    if (index === 0 || begins(block, index)) groups.push([]);
    groups.at(-1)?.push(block);
  }
  return groups;
}

function Sheets({ parts, highlight }: { parts: readonly Block[]; highlight: Highlight | undefined }) {
  return grouped(parts, ({ level }) => level > 0).map((group) => {
    const [heading] = group.filter(({ level }) => level > 0);
    const rows = group.filter(({ level }) => level === 0);
    return (
      <section key={group[0]?.start}>
        {heading && <Paragraph block={heading} />}
        {rows.length > 0 && (
          <TableView blocks={rows} highlight={highlight} label={heading?.text ?? 'Table'} />
        )}
      </section>
    );
  });
}

function Slides({ parts, pages }: { parts: readonly Block[]; pages: readonly number[] }) {
  const slideOf = (start: number): number => pages.filter((page) => page <= start).length;
  const slides = grouped(
    parts,
    ({ start }, index) => slideOf(start) !== slideOf(parts[index - 1]?.start ?? 0),
  );
  return slides.map((slide) => {
    const number = slideOf(slide[0]?.start ?? 0);
    return (
      <Card key={number} component="section" withBorder mb="md" aria-label={`Slide ${number}`}>
        <Text size="sm" c="dimmed">
          Slide {number} of {pages.length}
        </Text>
        {slide.map((block) => (
          <Paragraph key={block.start} block={block} />
        ))}
      </Card>
    );
  });
}

function Messages({ parts }: { parts: readonly Block[] }) {
  return grouped(parts, ({ level }) => level === 1).map((message) => (
    <Card key={message[0]?.start} component="article" withBorder mb="md">
      {message.map((block, index) => (
        <MailPart key={block.start} block={block} isFirst={index < 2} />
      ))}
    </Card>
  ));
}

// Attachments stand below their file's name; who wrote to whom stands right below the subject.
function MailPart({ block, isFirst }: { block: Block; isFirst: boolean }) {
  if (isFirst && block.level === 0 && ENVELOPE.test(block.text))
    return (
      <p className="envelope">
        <Marked parts={block.parts} />
      </p>
    );
  if (block.level !== 2 || !FILE_NAME.test(block.text)) return <Paragraph block={block} />;
  return (
    <Group gap="xs" wrap="nowrap" align="baseline" mt="md" className="attachment">
      <IconPaperclip size={18} role="img" aria-label="Attachment" style={{ flexShrink: 0 }} />
      <Paragraph block={block} />
    </Group>
  );
}
