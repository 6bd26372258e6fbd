import type { StagedFile, StagingFolder } from '@belay/documents';
import type { Request, Response } from 'express';
import type { Readable } from 'node:stream';
import { whenClosed } from '../http/closing.js';

type Done = (error: Error | null, file?: { staged: StagedFile }) => void;

/** Where the multipart reader puts a file: on disk, until the request is answered, however it is. */
export class StagingEngine {
  constructor(private readonly staging: StagingFolder) {}

  _handleFile(request: Request, file: { stream: Readable }, done: Done): void {
    this.staging.stage(file.stream).then(
      (staged) => {
        const discard = (): void => void this.staging.discard(staged.path);
        try {
          whenClosed(request.res as Response, discard);
        } catch (gone) {
          discard();
          return done(gone as Error);
        }
        done(null, { staged });
      },
      (cause: Error) => done(cause),
    );
  }

  // Of a request that is refused after its file came, as one that is too large.
  _removeFile(_: Request, file: { staged?: StagedFile }, done: (error: Error | null) => void): void {
    const { staged } = file;
    if (!staged) return done(null);
    this.staging.discard(staged.path).then(() => done(null), done);
  }
}
