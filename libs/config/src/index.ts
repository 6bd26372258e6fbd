export { isLoopback, loadConfig, prepareHome, type Config } from './config.js';
