/** Addresses of datasets on static hosts. */
import { MANIFEST_FILE } from '../shards/manifest.ts';

/**
 * The folder of a pasted address, with or without `dataset.json` or a slash at its end.
 *
 * @param page the page's address, which relative addresses are resolved against.
 * @throws Error that says what is wrong with the address.
 */
export function folderAddress(text: string, page: string): URL {
  const trimmed = text.trim();
  if (trimmed === '') throw new Error(`The address is empty; write that of a folder with ${MANIFEST_FILE}.`);
  let url: URL;
  try {
    url = new URL(trimmed, page);
  } catch {
    throw new Error(`“${trimmed}” is no address; right would be https://host/folder of a dataset.`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error(`“${trimmed}” begins with ${url.protocol}; fetched are https: and http: addresses.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error('The address holds a name or password, which browsers do not send; leave them out.');
  }
  url.hash = '';
  if (url.pathname.endsWith(`/${MANIFEST_FILE}`)) url.pathname = url.pathname.slice(0, -MANIFEST_FILE.length);
  else if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** The address of a file in a folder. Every file gets the folder's query string. */
export function fileAddress(folder: URL | string, path: string): string {
  const url = new URL(folder);
  url.pathname += path;
  return url.href;
}
