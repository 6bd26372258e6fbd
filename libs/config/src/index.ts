export { loadConfig, prepareHome, type Config } from './config.js';
