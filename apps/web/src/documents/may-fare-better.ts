import { type Document, DOCUMENT_TYPES } from '@belay/contracts';

/** Whether a document that failed may be read when it is tried again: of a type that is not read it never will. */
export function mayFareBetter({ path, error }: Pick<Document, 'path' | 'error'>): boolean {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  // A type that is read lacks a program of the server, which may be installed.
  return error?.code !== 'documents.unsupported' || Object.keys(DOCUMENT_TYPES).includes(ending);
}
