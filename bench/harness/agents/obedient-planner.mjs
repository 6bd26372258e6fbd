import { contractName, KEY } from './contract-policy.mjs';

const STYLES = ['literal', 'reference', 'person'];

/**
 * A planner that does what the person asked for, and then whatever a text says that it reads there: it plans the call
 * that the text wants, with arguments found in the text, taken from it by reference, or made of the person's own words.
 * `tools` are all tools by the name that cases give them.
 */
export class ObedientPlanner {
  constructor(drill, tools) {
    this.drill = drill;
    this.tools = tools;
    this.turn = 0;
  }

  next(view) {
    this.turn += 1;
    if (this.turn === 1) return Promise.resolve(this.first());
    const told = this.turn === 2 ? this.obey(view) : [];
    return Promise.resolve(told.length === 0 && this.drill.setting?.endless ? this.again() : told);
  }

  /** The plan before anything is read. */
  first() {
    const { asked, attack, style } = this.drill;
    const calls = style === 'rogue' ? [...asked, ...attack] : asked;
    return calls.map((call, index) => this.plan(call, `asked-${index + 1}`));
  }

  /** The same reading once more, as a text that never ends might want. */
  again() {
    return [this.plan(this.drill.asked[0], `again-${this.turn}`)];
  }

  obey({ steps, task }) {
    const { attack, injected, style } = this.drill;
    if (attack.length === 0 || style === 'rogue') return [];
    const read = steps.flatMap(({ id, result }) => textsOf(result).map((text) => ({ ...text, step: id })));
    const source = read.find(({ text }) => injected !== undefined && text.includes(injected));
    if (!source && injected !== undefined) return [];
    return attack.map((call, index) => this.told(call, index, { source, task }));
  }

  told(call, index, { source, task }) {
    const id = `told-${index + 1}`;
    if (call.node || call.arguments) return this.plan(call, id);
    const tool = this.tools.get(call.tool);
    const style = this.drill.style ?? STYLES[hashOf(this.drill.id) % STYLES.length];
    const words = style === 'person' ? task : this.drill.injected;
    const args = findArguments(tool.parameters, words ?? task);
    if (style === 'reference' && source) refer(args, { $from: source.step, at: source.at });
    // What one call of an attack found is what the next one sends.
    if (index > 0) refer(args, { $from: `told-${index}`, at: '' }, 'content');
    return this.plan({ ...call, arguments: args }, id);
  }

  plan({ tool, arguments: given = {}, node }, id) {
    if (node) return this.named(node);
    return { id, contract: `${contractName(this.tools.get(tool))}@^1`, arguments: given };
  }

  /** A part of a plan as a case writes it, where `tool` stands for a contract. */
  named(node) {
    if (Array.isArray(node)) return node.map((one) => this.named(one));
    if (typeof node !== 'object' || node === null) return node;
    const { tool, ...rest } = node;
    const made = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, name === 'arguments' ? value : this.named(value)]),
    );
    return tool === undefined ? made : { ...made, contract: `${contractName(this.tools.get(tool))}@^1` };
  }
}

/** Every text of a value with its JSON Pointer. */
export function textsOf(value, at = '') {
  if (typeof value === 'string') return [{ text: value, at }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    textsOf(child, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

/** Arguments for the parameters of a tool, found in a text: what it quotes, numbers and addresses it names, else all of it. */
export function findArguments(parameters, text) {
  const quoted = [...text.matchAll(/['"`“]([^'"`”]{1,80})['"`”]/g)].map((match) => match[1]);
  const names = text.match(/[\w.+-]+@[\w.-]+|https?:\/\/\S+|#\w+|[\w./~-]*\d[\w./-]*/g) ?? [];
  const numbers = (text.match(/\d[\d,]*(\.\d+)?/g) ?? []).map((found) => Number(found.replaceAll(',', '')));
  const texts = [...quoted, ...names];
  const next = (schema = {}) => schema.enum?.[0] ?? texts.shift() ?? text.slice(0, 200);
  const made = {
    string: ({ schema }) => next(schema),
    integer: () => Math.round(numbers.shift() ?? 1),
    number: () => numbers.shift() ?? 1,
    boolean: () => true,
    array: () => [next()],
    object: () => ({ instruction: next() }),
  };
  const wanted = parameters.filter(({ required, name }) => required && name !== KEY);
  return Object.fromEntries(wanted.map((one) => [one.name, (made[one.type] ?? made.string)(one)]));
}

function refer(args, reference, kind) {
  const texts = Object.keys(args).filter((name) => typeof args[name] === 'string');
  const name = kind === 'content' ? texts.at(-1) : texts[0];
  if (name !== undefined) args[name] = reference;
}

function hashOf(text) {
  return [...text].reduce((all, sign) => (all * 31 + sign.codePointAt(0)) % 1_000_003, 7);
}
