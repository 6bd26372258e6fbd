import { isDomainError } from '@belay/errors';
import { parseDocument } from './parse.js';

// The parser's own process: it answers each document once, and ends when nobody waits any more.
process.once('disconnect', () => process.exit(1));
process.on('message', ({ bytes, fileName }: { bytes: Uint8Array; fileName: string }) => {
  void parseDocument(bytes, fileName).then(
    (parsed) => process.send?.({ parsed }),
    (error: unknown) => {
      const failure = isDomainError(error)
        ? { code: error.code, message: error.message }
        : { code: 'documents.malformed', message: 'The document cannot be read.' };
      process.send?.({ failure });
    },
  );
});
