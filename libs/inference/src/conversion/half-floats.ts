/** The value of an IEEE 754 half precision number given by its 16 bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The value of a bfloat16 number given by its 16 bits. */
export function fromBrainHalf(bits: number): number {
  SCRATCH.setUint32(0, bits << 16);
  return SCRATCH.getFloat32(0);
}
const SCRATCH = new DataView(new ArrayBuffer(4));
