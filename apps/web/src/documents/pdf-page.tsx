import { PassageBoxes } from '@belay/contracts';
import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import {
  getDocument,
  GlobalWorkerOptions,
  type PDFDocumentProxy,
  RenderingCancelledException,
} from 'pdfjs-dist';
import { useEffect, useRef, useState } from 'react';
import { bytes, call } from '../api';
import { Failure } from '../failure';
import type { Highlight } from './blocks';

GlobalWorkerOptions.workerSrc = new URL('pdfjs-dist/build/pdf.worker.mjs', import.meta.url).toString();

const SCALE = 1.5;

interface Shown {
  readonly id: string;
  readonly version: string;
  readonly page: number;
  readonly highlight: Highlight | undefined;
}

/** One page of the original PDF, drawn on a canvas: no script or link of the file is ever run. */
export default function PdfPage({ id, version, page, highlight }: Shown) {
  const [number, setNumber] = useState(page);
  const { pdf, error: openError } = usePdf(id, version);
  const count = pdf?.numPages ?? page;
  const { canvas, error: drawError } = useDrawnPage(pdf, Math.min(number, count));
  const error = openError ?? drawError;
  if (error) return <Failure error={error} />;
  return (
    <Stack>
      <Group>
        <Button variant="light" disabled={number <= 1} onClick={() => setNumber(number - 1)}>
          Previous page
        </Button>
        <Text aria-live="polite">
          Page {number} of {pdf ? count : '…'}
        </Text>
        <Button variant="light" disabled={!pdf || number >= count} onClick={() => setNumber(number + 1)}>
          Next page
        </Button>
      </Group>
      {!pdf && <Loader aria-label="Loading" />}
      <div className="pdf-page">
        <canvas ref={canvas} role="img" aria-label={`Page ${number}`} />
        {highlight && <Marks id={id} version={version} page={number} highlight={highlight} />}
      </div>
    </Stack>
  );
}

/** The cited passage, marked where it stands on the page. */
function Marks({ id, version, page, highlight: { start, end } }: Shown & { highlight: Highlight }) {
  const places = useQuery({
    queryKey: ['boxes', id, version, start, end],
    queryFn: () =>
      call(PassageBoxes, 'GET', `documents/${id}/boxes?version=${version}&start=${start}&end=${end}`),
  });
  const boxes = places.data?.pages.find((entry) => entry.page === page)?.boxes ?? [];
  return boxes.map(([left = 0, top = 0, width = 0, height = 0], index) => {
    const style = { left: share(left), top: share(top), width: share(width), height: share(height) };
    return <mark key={index} aria-hidden style={style} />;
  });
}

const share = (value: number): string => `${100 * value}%`;

function usePdf(id: string, version: string) {
  const [pdf, setPdf] = useState<PDFDocumentProxy>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    let left = false;
    let close: () => Promise<void> = () => Promise.resolve();
    const open = async () => {
      const data = await bytes(`documents/${id}/original?version=${version}`);
      if (left) return;
      const task = getDocument({ data, isEvalSupported: false });
      close = () => task.destroy();
      const opened = await task.promise;
      if (!left) setPdf(opened);
    };
    open().catch((failure: Error) => {
      if (!left) setError(failure);
    });
    return () => {
      left = true;
      void close();
    };
  }, [id, version]);
  return { pdf, error };
}

/** Draws a page; a drawing still under way is cancelled first, since one canvas takes one at a time. */
function useDrawnPage(pdf: PDFDocumentProxy | undefined, number: number) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [error, setError] = useState<Error>();
  useEffect(() => {
    let stop: () => void = () => undefined;
    let left = false;
    const draw = async (document: PDFDocumentProxy, target: HTMLCanvasElement) => {
      const drawn = await document.getPage(number);
      if (left) return;
      const viewport = drawn.getViewport({ scale: SCALE * window.devicePixelRatio });
      target.width = viewport.width;
      target.height = viewport.height;
      target.style.width = `${viewport.width / window.devicePixelRatio}px`;
      const task = drawn.render({ canvas: target, viewport });
      stop = () => task.cancel();
      await task.promise;
    };
    if (pdf && canvas.current)
      draw(pdf, canvas.current).catch((failure: Error) => {
        if (!left && !(failure instanceof RenderingCancelledException)) setError(failure);
      });
    return () => {
      left = true;
      stop();
    };
  }, [pdf, number]);
  return { canvas, error };
}
