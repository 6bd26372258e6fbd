/** Builds one protobuf message field by field (wire format of proto2 and proto3). */
export class ProtobufMessage {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  integer(field: number, value: number | bigint): this {
    return this.varint(field << 3).varint(value);
  }

  float(field: number, value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return this.varint((field << 3) | 5).append(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.varint((field << 3) | 2)
      .varint(value.length)
      .append(value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  /** Embeds another message; its parts are shared, not copied. */
  message(field: number, value: ProtobufMessage): this {
    this.varint((field << 3) | 2).varint(value.size);
    for (const part of value.parts) this.append(part);
    return this;
  }

  encode(): Uint8Array {
    return Buffer.concat(this.parts, this.size);
  }

  private varint(value: number | bigint): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      bytes.push(rest > 0n ? low | 0x80 : low);
    } while (rest > 0n);
    return this.append(Uint8Array.from(bytes));
  }

  private append(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.size += bytes.length;
    return this;
  }
}
