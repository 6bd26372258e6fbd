import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import {
  getDocument,
  GlobalWorkerOptions,
  type PDFDocumentProxy,
  RenderingCancelledException,
} from 'pdfjs-dist';
import { useEffect, useRef, useState } from 'react';
import { bytes } from '../api';
import { Failure } from '../failure';
import { PageMarks, type ShownPage } from './page-marks';

GlobalWorkerOptions.workerSrc = new URL('pdfjs-dist/build/pdf.worker.mjs', import.meta.url).toString();

const SCALE = 1.5;

/** One page of the original PDF, drawn on a canvas: no script or link of the file is ever run. */
export default function PdfPage({ id, version, page, highlight }: ShownPage) {
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
      {!pdf && <Loader />}
      <div className="pdf-page">
        <canvas ref={canvas} role="img" aria-label={`Page ${number}`} />
        {highlight && <PageMarks id={id} version={version} page={number} highlight={highlight} />}
      </div>
    </Stack>
  );
}

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
