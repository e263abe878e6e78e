import type { SampleFieldProps } from './types.ts';

export function SampleField({ className }: SampleFieldProps) {
  return <div className={className} />;
}
