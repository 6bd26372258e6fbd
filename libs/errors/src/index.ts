export { DomainError, isDomainError, type ErrorCode } from './domain-error.js';
