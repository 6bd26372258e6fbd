import { Accepted } from '@belay/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { call } from '../api';
import type { Chosen } from './dropped-files';

const AT_ONCE = 3;
const SHOW_EVERY_MS = 1000;

/** What has become of the files of an upload so far. */
export interface Upload {
  readonly total: number;
  readonly done: number;
  /** What the server took: the documents, and whether they were there already. */
  readonly sent: readonly Pick<Accepted, 'id' | 'unchanged' | 'replaces'>[];
  readonly failed: readonly { readonly chosen: Chosen; readonly reason: string }[];
  readonly busy: boolean;
}

const NONE: Upload = { total: 0, done: 0, sent: [], failed: [], busy: false };

/** Sends files, a few at a time. One bad file does not stop the others; `stop` leaves out what was not begun. */
export function useUpload(collection: string) {
  const queries = useQueryClient();
  const [state, setState] = useState(NONE);
  const stopped = useRef(false);
  useEffect(() => {
    if (!state.busy) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [state.busy]);

  const upload = async (files: readonly Chosen[]) => {
    if (state.busy || files.length === 0) return;
    stopped.current = false;
    const now = {
      total: files.length,
      done: 0,
      sent: [] as Upload['sent'][number][],
      failed: [] as Upload['failed'][number][],
      busy: true,
    };
    const show = () => setState({ ...now, sent: [...now.sent], failed: [...now.failed] });
    show();
    // Thousands of files are shown once a second, not one by one.
    const timer = setInterval(() => {
      show();
      void queries.invalidateQueries({ queryKey: ['documents'] });
    }, SHOW_EVERY_MS);
    const waiting = files.values();
    const work = async () => {
      for (const chosen of waiting) {
        if (stopped.current) return;
        try {
          now.sent.push(await send(collection, chosen));
        } catch (error) {
          now.failed.push({ chosen, reason: (error as Error).message });
        }
        now.done += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    clearInterval(timer);
    now.busy = false;
    show();
    await queries.invalidateQueries({ queryKey: ['documents'] });
    await queries.invalidateQueries({ queryKey: ['collections'] });
  };
  return {
    state,
    upload,
    stop: () => (stopped.current = true),
    retry: () => upload(state.failed.map(({ chosen }) => chosen)),
  };
}

function send(collection: string, { file, path }: Chosen): Promise<Accepted> {
  const form = new FormData();
  form.set('collection', collection);
  form.set('path', path);
  form.set('file', file);
  return call(Accepted, 'POST', 'documents', form);
}
