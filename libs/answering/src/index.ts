export { CalibrationService } from './calibration.service.js';
export { AnsweringService, type Progress } from './answering.service.js';
