import { ProtobufMessage } from './protobuf.js';

/** Element types by their number in ONNX. */
export const ELEMENT = { float: 1, uint8: 2, int8: 3, int64: 7 } as const;
type Element = (typeof ELEMENT)[keyof typeof ELEMENT];
type Attribute = number | { readonly float: number } | readonly number[];
/** A size, or the name of one that may vary. */
export type Dimension = number | string;

/** A graph input or output. */
export interface Port {
  readonly name: string;
  readonly type: Element;
  readonly shape: readonly Dimension[];
}

const OPSET = 17;
const IR_VERSION = 8;
const CONTRIB = 'com.microsoft';
/** Field numbers and attribute kinds of onnx.proto. */
const ATTRIBUTE = { float: 1, int: 2, ints: 7 };

/** Collects nodes and weights of an ONNX model and writes its bytes. Names of weights are unique by content owner. */
export class OnnxGraph {
  private readonly nodes: ProtobufMessage[] = [];
  private readonly weights = new Map<string, ProtobufMessage>();

  /** Adds a weight once; returns its name. */
  weight(name: string, type: Element, shape: readonly number[], data: ArrayBufferView): string {
    if (!this.weights.has(name)) {
      const tensor = new ProtobufMessage();
      for (const dimension of shape) tensor.integer(1, dimension);
      tensor.integer(2, type).text(8, name);
      tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      this.weights.set(name, tensor);
    }
    return name;
  }

  floats(name: string, data: Float32Array, shape: readonly number[] = [data.length]): string {
    return this.weight(name, ELEMENT.float, shape, data);
  }

  integers(name: string, values: readonly number[]): string {
    return this.weight(name, ELEMENT.int64, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Adds a node with one output; returns the output's name. */
  node(type: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    return this.split(type, inputs, 1, attributes)[0] as string;
  }

  /** Adds a node with several outputs; returns their names. */
  split(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Record<string, Attribute> = {},
  ): string[] {
    const id = `${type}_${this.nodes.length}`;
    const names = Array.from({ length: outputs }, (_, index) => `${id}_${index}`);
    const [operator, domain] = type.startsWith(`${CONTRIB}.`)
      ? [type.slice(CONTRIB.length + 1), CONTRIB]
      : [type, ''];
    const node = new ProtobufMessage();
    for (const input of inputs) node.text(1, input);
    for (const name of names) node.text(2, name);
    node.text(3, id).text(4, operator);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    if (domain) node.text(7, domain);
    this.nodes.push(node);
    return names;
  }

  /** The whole model. `outputs` maps the name that callers see to the name inside the graph. */
  encode(inputs: readonly Port[], outputs: readonly (Port & { readonly from: string })[]): Uint8Array {
    for (const { name, from } of outputs) this.nodes.push(identity(from, name));
    const graph = new ProtobufMessage();
    for (const node of this.nodes) graph.message(1, node);
    graph.text(2, 'encoder');
    for (const weight of this.weights.values()) graph.message(5, weight);
    for (const input of inputs) graph.message(11, port(input));
    for (const output of outputs) graph.message(12, port(output));
    return new ProtobufMessage()
      .integer(1, IR_VERSION)
      .text(2, 'belay')
      .message(7, graph)
      .message(8, new ProtobufMessage().text(1, '').integer(2, OPSET))
      .message(8, new ProtobufMessage().text(1, CONTRIB).integer(2, 1))
      .encode();
  }
}

function identity(from: string, to: string): ProtobufMessage {
  return new ProtobufMessage().text(1, from).text(2, to).text(3, `to_${to}`).text(4, 'Identity');
}

function attribute(name: string, value: Attribute): ProtobufMessage {
  const message = new ProtobufMessage().text(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, ATTRIBUTE.int);
  if ('float' in value) return message.float(2, value.float).integer(20, ATTRIBUTE.float);
  for (const one of value) message.integer(8, one);
  return message.integer(20, ATTRIBUTE.ints);
}

function port({ name, type, shape }: Port): ProtobufMessage {
  const dimensions = new ProtobufMessage();
  for (const size of shape) {
    const dimension = new ProtobufMessage();
    dimensions.message(1, typeof size === 'string' ? dimension.text(2, size) : dimension.integer(1, size));
  }
  const tensor = new ProtobufMessage().integer(1, type).message(2, dimensions);
  return new ProtobufMessage().text(1, name).message(2, new ProtobufMessage().message(1, tensor));
}
