import type { QFieldProps } from './types.ts';

export function QField({ className }: QFieldProps) {
  return <div className={className} />;
}
