/** Embeddings of diffusion steps. */

/**
 * Embeddings [T, width] of the steps 0 … T−1: sines, then cosines, of i·exp(−k·ln 10000/(half−1)), half = width/2
 * (Vaswani et al., 2017, as the published code has it).
 * @throws Error if the width is odd or under 4.
 */
export function sinusoidalEmbeddings(diffusionSteps: number, width: number): Float32Array {
  if (width < 4 || width % 2 !== 0) throw new Error(`A time embedding is even and at least 4 wide, not ${width}.`);
  const half = width / 2;
  const table = new Float32Array(diffusionSteps * width);
  for (let i = 0; i < diffusionSteps; i++) {
    for (let k = 0; k < half; k++) {
      const angle = Math.fround(i * Math.fround(Math.exp((-k * Math.log(10000)) / (half - 1))));
      table[i * width + k] = Math.sin(angle);
      table[i * width + half + k] = Math.cos(angle);
    }
  }
  return table;
}
