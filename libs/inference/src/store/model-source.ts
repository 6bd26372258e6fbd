import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { invalid } from '../conversion/encoder-weights.js';
import { type DataFile, diskFile, memoryFile } from './data-file.js';
import { ZipFile } from './zip-file.js';

/** The files of a model before it is installed, by their path below the model's own folder. */
export interface ModelSource {
  /** A name for people and, where nothing better is known, for the id. */
  readonly name: string;
  readonly names: readonly string[];
  /** A small file as text; undefined if there is none. */
  text(name: string): string | undefined;
  /** A file of weights. Throws if there is none. */
  data(name: string): DataFile;
  close(): void;
}

const TEXT_LIMIT = 64 * 2 ** 20;
const WEIGHTS_LIMIT = 4 * 2 ** 30;
const MAX_FILES = 2000;
const MAX_DEPTH = 4;

/** Opens a folder, a zip archive (a wheel is one) or a single file of weights. Nothing in it is run. */
export function openSource(path: string): ModelSource {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw invalid(`there is no ${path}`);
  if (found.isDirectory()) return folderSource(path);
  return /\.(whl|zip)$/i.test(path) ? zipSource(path) : fileSource(path);
}

function fileSource(path: string): ModelSource {
  const name = basename(path);
  const file = diskFile(path);
  return { name, names: [name], text: () => undefined, data: () => file, close: file.close };
}

// Links are followed only where they stay inside: a folder of a hub's cache consists of them.
function folderSource(folder: string): ModelSource {
  const root = realpathSync(folder);
  const open: { close: () => void }[] = [];
  const file = (name: string): DataFile | undefined => {
    const real =
      statSync(join(root, name), { throwIfNoEntry: false })?.isFile() && realpathSync(join(root, name));
    if (!real) return undefined;
    if (!real.startsWith(root + sep)) throw invalid(`${name} leads out of its folder`);
    const opened = diskFile(real);
    open.push(opened);
    return opened;
  };
  return {
    name: basename(root),
    names: listFolder(root),
    text: (name) => textOf(name, file(name)),
    data: (name) => file(name) ?? missing(name),
    close: () => open.forEach((one) => one.close()),
  };
}

function listFolder(root: string): string[] {
  const names: string[] = [];
  const walk = (inside: string, depth: number): void => {
    for (const name of readdirSync(join(root, inside))) {
      const path = inside ? `${inside}/${name}` : name;
      if (names.length >= MAX_FILES) throw invalid('the folder holds too many files to be a model');
      if (!lstatSync(join(root, path)).isDirectory()) names.push(path);
      else if (depth < MAX_DEPTH) walk(path, depth + 1);
    }
  };
  walk('', 0);
  return names;
}

function zipSource(path: string): ModelSource {
  const file = diskFile(path);
  try {
    const archive = new ZipFile(file);
    const inside = modelFolder(archive.names());
    return {
      name: basename(path),
      names: archive.names().flatMap((name) => (name.startsWith(inside) ? [name.slice(inside.length)] : [])),
      text: (name) =>
        archive.size(inside + name) === undefined
          ? undefined
          : textOf(name, memoryFile(archive.read(inside + name, TEXT_LIMIT))),
      data: (name) => memoryFile(archive.read(inside + name, WEIGHTS_LIMIT)),
      close: file.close,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

// A package carries its model in a folder of its own: where the weights lie.
function modelFolder(names: readonly string[]): string {
  const weights = names.find((name) => /(^|\/)(model\.safetensors|[^/]+\.bin)$/.test(name));
  const graph = names.find((name) => /(^|\/)onnx\/model[^/]*\.onnx$|(^|\/)model\.onnx$/.test(name));
  if (weights !== undefined) return weights.slice(0, weights.lastIndexOf('/') + 1);
  if (graph !== undefined) return graph.replace(/(onnx\/)?[^/]+$/, '');
  throw invalid('the archive holds no weights');
}

function textOf(name: string, file: DataFile | undefined): string | undefined {
  if (!file) return undefined;
  if (file.size > TEXT_LIMIT) throw invalid(`${name} is larger than ${TEXT_LIMIT} bytes`);
  return file.slice(0, file.size).toString('utf8');
}

function missing(name: string): never {
  throw invalid(`there is no file ${name}`);
}
