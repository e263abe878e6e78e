import type { ReverseScrubberProps } from './types.ts';

export function ReverseScrubber({ className }: ReverseScrubberProps) {
  return <div className={className} />;
}
