import { makeTemplates } from './template.js';

// A step of the build: without a template a database is made anew, only slower.
await makeTemplates();
