export { DocumentService, type Upload } from './document.service.js';
export { CollectionService } from './collection.service.js';
export { type QuoteRequest, type ReadQuote, readQuotes, readTitles } from './read-quotes.js';
export { mediaTypeOf } from './media-type.js';
