import { Code } from '@mantine/core';
import { Plain } from './plain';

/** A JSON value in full, with characters that are not seen written out. */
export function JsonValue({ value, label }: { value: unknown; label?: string }) {
  return (
    <Code block tabIndex={0} className="exact" role={label ? 'region' : undefined} aria-label={label}>
      <Plain text={JSON.stringify(value, null, 2) ?? 'nothing'} />
    </Code>
  );
}
