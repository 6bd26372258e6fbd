import { Loader } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { bytes } from '../api';
import { Failure } from '../failure';
import { PageMarks, type ShownPage } from './page-marks';

/** A scanned picture, drawn on a canvas, with what is cited marked where OCR read it. */
export function PicturePage({ mediaType, ...page }: ShownPage & { mediaType: string }) {
  const { id, version, highlight } = page;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<'loading' | 'drawn' | Error>('loading');
  useEffect(() => {
    let left = false;
    const draw = async () => {
      const data = await bytes(`documents/${id}/original?version=${version}`);
      const picture = await createImageBitmap(new Blob([data], { type: mediaType }));
      if (left || !canvas.current) return;
      canvas.current.width = picture.width;
      canvas.current.height = picture.height;
      canvas.current.getContext('2d')?.drawImage(picture, 0, 0);
      picture.close();
      setState('drawn');
    };
    draw().catch((failure: Error) => {
      if (!left) setState(failure);
    });
    return () => {
      left = true;
    };
  }, [id, version, mediaType]);
  if (state instanceof Error) return <Failure error={state} />;
  return (
    <>
      {state === 'loading' && <Loader />}
      <div className="pdf-page">
        <canvas ref={canvas} role="img" aria-label="The picture" />
        {state === 'drawn' && highlight && <PageMarks {...page} highlight={highlight} />}
      </div>
    </>
  );
}
