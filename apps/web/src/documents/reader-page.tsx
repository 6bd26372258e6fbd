import { DocumentContent } from '@belay/contracts';
import { Anchor, Center, Loader, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { blocks, type Block, type Highlight } from './blocks';

const PdfPage = lazy(() => import('./pdf-page'));

export function ReaderPage() {
  const { id = '' } = useParams();
  const [parameters] = useSearchParams();
  const [view, setView] = useState('text');
  const version = parameters.get('version');
  const highlight = readHighlight(parameters);
  const content = useQuery({
    queryKey: ['content', id, version],
    queryFn: () =>
      call(DocumentContent, 'GET', `documents/${id}/content${version ? `?version=${version}` : ''}`),
  });
  if (content.isPending)
    return (
      <Center>
        <Loader aria-label="Loading" />
      </Center>
    );
  if (content.error) return <Failure error={content.error} retry={() => void content.refetch()} />;
  const { data } = content;
  const isPdf = data.mediaType === 'application/pdf';
  const page = Math.max(1, (data.pages ?? []).filter((start) => start <= (highlight?.start ?? 0)).length);
  return (
    <Stack maw={820} mx="auto">
      <Anchor component={Link} to="/documents" size="sm">
        All documents
      </Anchor>
      <Title order={1} size="h2">
        {data.title}
      </Title>
      {isPdf && (
        <SegmentedControl
          value={view}
          onChange={setView}
          data={[
            { value: 'text', label: 'Text' },
            { value: 'pdf', label: `PDF, page ${page}` },
          ]}
          aria-label="View"
        />
      )}
      {view === 'pdf' && isPdf ? (
        <Suspense fallback={<Loader />}>
          <PdfPage id={id} version={data.versionId} page={page} />
        </Suspense>
      ) : (
        <Text component="section" aria-label="Document" className="reader">
          <Body content={data} highlight={highlight} />
        </Text>
      )}
    </Stack>
  );
}

function readHighlight(parameters: URLSearchParams): Highlight | undefined {
  const start = Number(parameters.get('start') ?? 'NaN');
  const end = Number(parameters.get('end') ?? 'NaN');
  return Number.isInteger(start) && Number.isInteger(end) && end > start ? { start, end } : undefined;
}

function Body({ content, highlight }: { content: DocumentContent; highlight: Highlight | undefined }) {
  const mark = useRef<HTMLElement>(null);
  useEffect(() => mark.current?.scrollIntoView({ block: 'center' }), [content, highlight?.start]);
  const inner = (block: Block) =>
    block.parts.map((part, index) =>
      part.marked ? (
        <mark key={index} ref={mark}>
          {part.text}
        </mark>
      ) : (
        part.text
      ),
    );
  return blocks(content, highlight).map((block) =>
    block.level === 0 ? (
      <p key={block.start}>{inner(block)}</p>
    ) : (
      <Title key={block.start} order={block.level > 1 ? 3 : 2} size={block.level > 1 ? 'h4' : 'h3'} mt="md">
        {inner(block)}
      </Title>
    ),
  );
}
