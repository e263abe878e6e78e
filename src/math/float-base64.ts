/** Floats as base64 of their little-endian bytes: lossless in JSON, in a third of the characters of decimal digits. */

/** Characters per call of `String.fromCharCode`, whose number of arguments is limited. */
const CHUNK = 0x2000;

export function floatsToBase64(values: Float32Array | Float64Array): string {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  const width = values.BYTES_PER_ELEMENT;
  values.forEach((value, i) => {
    if (width === 4) view.setFloat32(i * width, value, true);
    else view.setFloat64(i * width, value, true);
  });
  let letters = '';
  for (let at = 0; at < bytes.length; at += CHUNK) letters += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(letters);
}

/** @throws Error if the text is not base64, or its bytes are not a whole number of floats. */
export function base64ToFloat32(text: string): Float32Array {
  const view = bytesOf(text, 4);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

/** @throws Error if the text is not base64, or its bytes are not a whole number of floats. */
export function base64ToFloat64(text: string): Float64Array {
  const view = bytesOf(text, 8);
  return Float64Array.from({ length: view.byteLength / 8 }, (_, i) => view.getFloat64(i * 8, true));
}

function bytesOf(text: string, width: number): DataView {
  let letters: string;
  try {
    letters = atob(text);
  } catch (error) {
    throw new Error('These letters are no base64.', { cause: error });
  }
  if (letters.length % width !== 0) {
    throw new Error(`Floats of ${8 * width} bits take ${width} bytes each; these are ${letters.length} bytes.`);
  }
  return new DataView(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)).buffer);
}
