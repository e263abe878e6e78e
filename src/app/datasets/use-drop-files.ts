/** Converts files or a folder dropped anywhere on the datasets page. */
import { useEffect, useState } from 'react';
import { runJob, reportLibraryError } from '../shared/library/library-store.ts';

/** Maximum depth of a search: a Minari folder has its two files one level down at most. */
const MAX_DEPTH = 3;
const WANTED = /\.(hdf5|h5)$|^metadata\.json$/i;

/** @returns whether files are being dragged over the page. */
export function useDropFiles(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    function onDragOver(event: DragEvent): void {
      if (!isFiles(event)) return;
      event.preventDefault();
      setOver(true);
    }
    function onDragLeave(event: DragEvent): void {
      if (event.relatedTarget === null) setOver(false);
    }
    function onDrop(event: DragEvent): void {
      if (!isFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setOver(false);
      filesOf(event.dataTransfer).then(
        (files) => void runJob({ kind: 'convert', files }),
        (error: unknown) => reportLibraryError('What was dropped could not be read.', error),
      );
    }
    addEventListener('dragover', onDragOver);
    addEventListener('dragleave', onDragLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('dragleave', onDragLeave);
      removeEventListener('drop', onDrop);
    };
  }, []);
  return over;
}

async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const plain = [...transfer.files];
  const folders = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry?.isDirectory);
  if (folders.length === 0) return plain;
  const inside = await Promise.all(folders.map((folder) => filesIn(folder as FileSystemDirectoryEntry, MAX_DEPTH)));
  const files = inside.flat();
  if (files.length === 0) {
    throw new Error('The folder holds no HDF5 file; Minari’s holds data/main_data.hdf5 and data/metadata.json.');
  }
  return files;
}

async function filesIn(folder: FileSystemDirectoryEntry, depth: number): Promise<File[]> {
  if (depth === 0) return [];
  const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
    folder.createReader().readEntries(resolve, reject);
  });
  const found = entries.map((entry): Promise<File[]> => {
    if (entry.isDirectory) return filesIn(entry as FileSystemDirectoryEntry, depth - 1);
    if (!WANTED.test(entry.name)) return Promise.resolve([]);
    return new Promise((resolve, reject) => (entry as FileSystemFileEntry).file((file) => resolve([file]), reject));
  });
  return (await Promise.all(found)).flat();
}
