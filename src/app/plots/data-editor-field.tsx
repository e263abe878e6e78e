import type { DataEditorFieldProps } from './types.ts';

export function DataEditorField({ className }: DataEditorFieldProps) {
  return <div className={className} />;
}
