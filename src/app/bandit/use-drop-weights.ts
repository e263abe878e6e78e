/** A safetensors file dropped anywhere on the page opens the import. */
import { useEffect } from 'react';
import { openDialog } from './stores/dialog-store.ts';
import { useHidden } from '../shared/view-store.ts';

export function useDropWeights(): void {
  const hidden = useHidden('export');
  useEffect(() => {
    if (hidden) return undefined;
    function onDragOver(event: DragEvent): void {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
    }
    function onDrop(event: DragEvent): void {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      openDialog({ kind: 'import', file });
    }
    addEventListener('dragover', onDragOver);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('drop', onDrop);
    };
  }, [hidden]);
}
