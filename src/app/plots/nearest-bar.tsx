import type { NearestBarProps } from './types.ts';

export function NearestBar({ className }: NearestBarProps) {
  return <div className={className} />;
}
