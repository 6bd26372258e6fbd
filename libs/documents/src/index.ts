export { DocumentService, type Upload } from './document.service.js';
export { CollectionService } from './collection.service.js';
export { type QuoteRequest, readQuotes, readTitles } from './read-quotes.js';
export { mediaTypeOf } from './media-type.js';
