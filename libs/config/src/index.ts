export { type Config, isLoopback, loadConfig, prepareHome, type S3Config } from './config.js';
