import { Badge } from '@mantine/core';

/** A state or class by its word and colour. */
export function StateBadge({ word: { label, color } }: { word: { label: string; color: string } }) {
  return (
    <Badge variant="light" tt="none" color={color} miw="fit-content">
      {label}
    </Badge>
  );
}
