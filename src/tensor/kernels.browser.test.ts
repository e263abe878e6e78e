/** Runs the kernels' tests in a real browser, whose WebGPU and WebAssembly differ from Node's. */
import './kernels/denoiser.test.ts';
import './kernels/in-place.test.ts';
import './kernels/laplacian-mmd.test.ts';
import './kernels/mlp.test.ts';
import './kernels/reverse-step.test.ts';
import './wasm/threads.test.ts';
