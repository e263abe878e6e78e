// SIMD kernels of the wasm backend, in AssemblyScript. They import tfjs' WebAssembly memory, take pointers to float32
// arrays and allocate nothing. Built by scripts/build-wasm.mjs. Tests compare them with the TypeScript versions in
// src/tensor/kernels.
export { chainBackward, chainForward, chainTableGradient } from './chain';
export { adam, combine, lerp, scale, subtract, sumMiddle, sumOfSquares } from './elementwise';
export { beginJob } from './job';
export { layerNormBackward, layerNormForward, layerNormParameterGradient } from './layer-norm';
export { laplacianMmd, laplacianMmdGradient } from './mmd';
export { mlpBackward, mlpForward, mlpParameterGradient } from './mlp';
export { fillNormal } from './normals';
export { copyColumns, gatherRows, noisedRows, scatterAddRows } from './rows';
export { blocksProcessed, configurePool, initThread, runWorker } from './thread-pool';
