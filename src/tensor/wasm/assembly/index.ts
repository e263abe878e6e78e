// SIMD kernels of the portable path, in AssemblyScript. They work on tfjs' own WebAssembly memory (imported), take
// pointers to float32 arrays and allocate nothing. Built by scripts/build-wasm.mjs; the TypeScript twins that they are
// tested against stand in src/tensor/kernels.
export { chainBackward, chainForward, chainTableGradient } from './chain';
export { adam, combine, lerp, scale, subtract, sumMiddle, sumOfSquares } from './elementwise';
export { begin } from './job';
export { layerNormBackward, layerNormForward, layerNormParameterGradient } from './layer-norm';
export { laplacianMmd, laplacianMmdGradient } from './mmd';
export { mlpBackward, mlpForward, mlpParameterGradient } from './mlp';
export { fillNormal } from './normals';
export { addToTable, gatherRows, noisedRows, putColumns } from './rows';
export { blocksTaken, join, lead, serve } from './team';
