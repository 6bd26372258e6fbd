import { PassageBoxes } from '@belay/contracts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { call } from '../api';
import type { Highlight } from './blocks';

/** A page of a version, and what is cited of it. */
export interface ShownPage {
  readonly id: string;
  readonly version: string;
  readonly page: number;
  readonly highlight: Highlight | undefined;
}

const share = (value: number): string => `${100 * value}%`;

/** The cited passage, marked where it stands on the picture of its page, and scrolled to. */
export function PageMarks({
  id,
  version,
  page,
  highlight: { start, end },
}: ShownPage & { highlight: Highlight }) {
  const first = useRef<HTMLElement>(null);
  const places = useQuery({
    queryKey: ['boxes', id, version, start, end],
    queryFn: () =>
      call(PassageBoxes, 'GET', `documents/${id}/boxes?version=${version}&start=${start}&end=${end}`),
  });
  const boxes = places.data?.pages.find((entry) => entry.page === page)?.boxes ?? [];
  useEffect(() => {
    void first.current?.scrollIntoView({ block: 'center' });
  }, [boxes.length]);
  return boxes.map(([left = 0, top = 0, width = 0, height = 0], index) => {
    const style = { left: share(left), top: share(top), width: share(width), height: share(height) };
    return <mark key={index} ref={index === 0 ? first : undefined} aria-hidden style={style} />;
  });
}
