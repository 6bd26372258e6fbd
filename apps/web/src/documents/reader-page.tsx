import { Document, DocumentContent } from '@belay/contracts';
import { Alert, Anchor, Center, Group, Loader, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { ApiError, call } from '../api';
import { Failure } from '../failure';
import { RECHECK } from '../queries';
import { blocks, type Block, type Highlight } from './blocks';

const PdfPage = lazy(() => import('./pdf-page'));

export function ReaderPage() {
  const { id = '' } = useParams();
  const [parameters] = useSearchParams();
  const version = parameters.get('version');
  const highlight = readHighlight(parameters);
  const query = version ? `?version=${encodeURIComponent(version)}` : '';
  const content = useQuery({
    queryKey: ['content', id, version],
    queryFn: () => call(DocumentContent, 'GET', `documents/${encodeURIComponent(id)}/content${query}`),
  });
  // Whether it may still be read is asked again and again; its text is not, which the ledger would count as reading.
  const still = useQuery({
    queryKey: ['document', id],
    queryFn: () => call(Document, 'GET', `documents/${encodeURIComponent(id)}`),
    ...RECHECK,
  });
  const failure = content.error ?? (isGone(still.error) ? still.error : null);
  return (
    <Stack maw={820} mx="auto">
      <Anchor component={Link} to="/documents" size="sm">
        All documents
      </Anchor>
      {content.isPending && (
        <Center>
          <Loader aria-label="Loading" />
        </Center>
      )}
      {failure && (
        <Failure error={failure} retry={() => void Promise.all([content.refetch(), still.refetch()])} />
      )}
      {content.data && !failure && (
        <Reader key={`${id} ${version}`} content={content.data} highlight={highlight} />
      )}
    </Stack>
  );
}

const isGone = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500;

function Reader({ content, highlight }: { content: DocumentContent; highlight: Highlight | undefined }) {
  const isPdf = content.mediaType === 'application/pdf';
  // A cited passage is shown where people know it: on its page.
  const [view, setView] = useState(isPdf && highlight ? 'pdf' : 'text');
  const page = Math.max(1, (content.pages ?? []).filter((start) => start <= (highlight?.start ?? 0)).length);
  return (
    <>
      <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
        {content.title}
      </Title>
      <About id={content.id} version={content.versionId} />
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
        <Suspense fallback={<Loader aria-label="Loading" />}>
          <PdfPage key={page} id={content.id} version={content.versionId} page={page} highlight={highlight} />
        </Suspense>
      ) : (
        <section aria-label="Document" className="reader" lang={content.language || undefined}>
          <Body content={content} highlight={highlight} />
        </section>
      )}
    </>
  );
}

/** Where the document lies, its original file, and a word where the version shown is not the newest. */
function About({ id, version }: { id: string; version: string }) {
  const about = useQuery({
    queryKey: ['document', id],
    queryFn: () => call(Document, 'GET', `documents/${encodeURIComponent(id)}`),
  });
  const newest = about.data?.versionId;
  return (
    <>
      <Group gap="md">
        {about.data && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {about.data.collection}/{about.data.path}
          </Text>
        )}
        <Anchor size="sm" href={`/v1/documents/${id}/original?version=${version}`} download>
          Download the original
        </Anchor>
      </Group>
      {newest && newest !== version && (
        <Alert color="yellow" title="An earlier version" role="note">
          This text has changed since.{' '}
          <Anchor component={Link} to={`/documents/${id}`} inherit>
            Read the newest version
          </Anchor>
        </Alert>
      )}
    </>
  );
}

function readHighlight(parameters: URLSearchParams): Highlight | undefined {
  const start = Number(parameters.get('start') ?? 'NaN');
  const end = Number(parameters.get('end') ?? 'NaN');
  return Number.isInteger(start) && Number.isInteger(end) && end > start ? { start, end } : undefined;
}

function Body({ content, highlight }: { content: DocumentContent; highlight: Highlight | undefined }) {
  const body = useRef<HTMLDivElement>(null);
  const { start, end } = highlight ?? {};
  const parts = useMemo(
    () => blocks(content, start === undefined || end === undefined ? undefined : { start, end }),
    [content, start, end],
  );
  useEffect(() => {
    // Newer browsers return a promise here, which is no clean-up.
    void body.current?.querySelector('mark')?.scrollIntoView({ block: 'center' });
  }, [parts]);
  // A passage may run over several paragraphs; its first part is the one to jump to.
  const first = parts.find((block) => block.parts.some((part) => part.marked))?.start;
  if (content.text === '') return <Text c="dimmed">This document holds no text.</Text>;
  return (
    <div ref={body}>
      {parts.map((block) => (
        <Paragraph key={block.start} block={block} cited={block.start === first} />
      ))}
    </div>
  );
}

function Paragraph({ block, cited }: { block: Block; cited: boolean }) {
  const inner = block.parts.map((part, index) =>
    part.marked ? (
      <mark key={index} id={cited ? 'cited' : undefined}>
        {part.text}
      </mark>
    ) : (
      part.text
    ),
  );
  if (block.level === 0) return <p>{inner}</p>;
  const order = Math.min(block.level + 1, 6) as 2 | 3 | 4 | 5 | 6;
  return (
    <Title order={order} size={order === 2 ? 'h3' : 'h4'} mt="md">
      {inner}
    </Title>
  );
}
