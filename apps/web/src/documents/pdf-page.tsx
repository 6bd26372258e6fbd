import { Group, Button, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getDocument, GlobalWorkerOptions } from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.mjs?url';
import { useEffect, useRef, useState } from 'react';
import { bytes } from '../api';
import { Failure } from '../failure';

GlobalWorkerOptions.workerSrc = workerUrl;

/** One page of the original PDF, drawn on a canvas: no script or link of the file is ever run. */
export default function PdfPage({ id, version, page }: { id: string; version: string; page: number }) {
  const [number, setNumber] = useState(page);
  const canvas = useRef<HTMLCanvasElement>(null);
  const pdf = useQuery({
    queryKey: ['pdf', id, version],
    queryFn: async () =>
      getDocument({
        data: await bytes(`documents/${id}/original?version=${version}`),
        isEvalSupported: false,
      }).promise,
    staleTime: Infinity,
  });
  useEffect(() => {
    if (!pdf.data || !canvas.current) return;
    const target = canvas.current;
    void pdf.data.getPage(number).then((drawn) => {
      const viewport = drawn.getViewport({ scale: 1.5 });
      target.width = viewport.width;
      target.height = viewport.height;
      return drawn.render({ canvas: target, viewport }).promise;
    });
  }, [pdf.data, number]);
  if (pdf.error) return <Failure error={pdf.error} />;
  return (
    <Stack>
      <Group>
        <Button variant="light" disabled={number <= 1} onClick={() => setNumber(number - 1)}>
          Previous page
        </Button>
        <Text>
          Page {number} of {pdf.data?.numPages ?? '…'}
        </Text>
        <Button
          variant="light"
          disabled={number >= (pdf.data?.numPages ?? 1)}
          onClick={() => setNumber(number + 1)}
        >
          Next page
        </Button>
      </Group>
      {pdf.isPending && <Loader />}
      <canvas ref={canvas} style={{ maxWidth: '100%' }} aria-label={`Page ${number}`} />
    </Stack>
  );
}
