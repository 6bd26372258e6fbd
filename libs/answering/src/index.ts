export { AnsweringService, type Progress } from './answering.service.js';
