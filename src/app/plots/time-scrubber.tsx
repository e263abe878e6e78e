import type { TimeScrubberProps } from './types.ts';

export function TimeScrubber({ className }: TimeScrubberProps) {
  return <div className={className} />;
}
