import { Document, DocumentContent } from '@belay/contracts';
import { Alert, Anchor, Center, Group, Loader, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { ApiError, call } from '../api';
import { useSayPlace } from '../collections/use-collections';
import { NotShown } from '../not-shown';
import { RECHECK } from '../queries';
import type { Highlight } from './blocks';
import { DocumentBody, type Layout } from './document-body';
import { PicturePage } from './picture-page';

const PdfPage = lazy(() => import('./pdf-page'));

type View = Layout | 'pdf' | 'picture';

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
          <Loader />
        </Center>
      )}
      {failure && (
        <NotShown
          what="document"
          error={failure}
          retry={() => void Promise.all([content.refetch(), still.refetch()])}
        />
      )}
      {content.data && !failure && (
        <Reader key={`${id} ${version}`} content={content.data} highlight={highlight} />
      )}
    </Stack>
  );
}

const isGone = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500;

/** How else than as text a document of a type is shown: what it is called, and whether it is so without a citation. */
const VIEWS: readonly { types: RegExp; name: View; label: string; first: boolean }[] = [
  { types: /\/pdf$/, name: 'pdf', label: 'PDF', first: false },
  { types: /^image\/(?:png|jpeg|webp)$/, name: 'picture', label: 'Picture', first: false },
  {
    types: /^text\/(?:csv|tab-separated-values)$|spreadsheet/,
    name: 'table',
    label: 'Table',
    first: true,
  },
  { types: /presentation/, name: 'slides', label: 'Slides', first: true },
  { types: /^message\/rfc822$|\/mbox$/, name: 'mail', label: 'Message', first: true },
];

function Reader({ content, highlight }: { content: DocumentContent; highlight: Highlight | undefined }) {
  const own = VIEWS.find(({ types }) => types.test(content.mediaType));
  // A cited passage is shown where people know it: on its page, in its row, on its slide.
  const [view, setView] = useState<View>(own && (own.first || highlight) ? own.name : 'text');
  const page = Math.max(1, (content.pages ?? []).filter((start) => start <= (highlight?.start ?? 0)).length);
  const shown = { id: content.id, version: content.versionId, page, highlight };
  return (
    <>
      <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
        {content.title}
      </Title>
      <About id={content.id} version={content.versionId} />
      {own && (
        <SegmentedControl
          value={view}
          onChange={(value) => setView(value as View)}
          data={[
            { value: own.name, label: own.name === 'pdf' ? `PDF, page ${page}` : own.label },
            { value: 'text', label: 'Text' },
          ]}
          aria-label="View"
          style={{ alignSelf: 'start' }}
        />
      )}
      {view === 'pdf' && (
        <Suspense fallback={<Loader />}>
          <PdfPage key={page} {...shown} />
        </Suspense>
      )}
      {view === 'picture' && <PicturePage {...shown} mediaType={content.mediaType} />}
      {view !== 'pdf' && view !== 'picture' && (
        <section aria-label="Document" className="reader" lang={content.language || undefined}>
          <DocumentBody content={content} highlight={highlight} layout={view} />
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
  const sayPlace = useSayPlace();
  const newest = about.data?.versionId;
  return (
    <>
      <Group gap="md">
        {about.data && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {sayPlace(about.data)}
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
