import { loadModel } from '../store/model-store.js';
import type { Measurement } from './measure-model.js';
import { measureHere } from './model-figures.js';

// A process of its own for one model: what it holds is the model's.
const { id, home, models, threads, seconds } = JSON.parse(process.argv[2] ?? '{}') as Measurement;
const figures = await measureHere(loadModel(id, { home, models }), threads, seconds);
process.stdout.write(`${JSON.stringify(figures)}\n`);
