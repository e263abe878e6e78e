/** The kernels' own tests again, in a real browser: its WebGPU and its WebAssembly are not Node's. */
import './kernels/denoiser.test.ts';
import './kernels/in-place.test.ts';
import './kernels/laplacian-mmd.test.ts';
import './kernels/mlp.test.ts';
import './kernels/reverse-step.test.ts';
import './wasm/threads.test.ts';
