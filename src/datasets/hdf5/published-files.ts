/** D4RL's published files of the locomotion tasks, recognised by size and SHA-256. */

interface PublishedFile {
  /** D4RL's name of the dataset. */
  id: string;
  environment: string;
  file: string;
  bytes: number;
  sha256: string;
}

const PUBLISHED: readonly PublishedFile[] = (
  [
    ['hopper_medium', 152756557, '5bdf1bc4a713c82941de44633df669b36c89850b652a25985166796d25cf71a0'],
    ['hopper_medium_replay', 75854457, 'e121c5f7c9857a307baa9edc6a2c3b48e85fedb9ac316ecddd0f48ca7ef4e39b'],
    ['hopper_medium_expert', 304537315, '9d51ad87f8c905be3880d84c6140bcdb7fbf39a19e046a237f238ba34fec9e26'],
    ['halfcheetah_medium', 237727262, '41324e8487a9556d8cfa4538827f8937f4d63dae3030825ebc9f3a726ed08ca0'],
    ['halfcheetah_medium_replay', 59448533, '48d494a4770c11f48260736dec090b78bdca8375647ed4d24bfa5b6610c7f683'],
    ['halfcheetah_medium_expert', 474567252, '015db75dae5bbe8e94029b71fa0bafc2073365df0c94744e71031189f3f79c06'],
    ['walker2d_medium', 232254996, 'cf00f43add04c17fdfc2958dd581dea0851b2e5bedbe6fda073758a8f841aeda'],
    ['walker2d_medium_replay', 86323963, 'e75de96a4f77acf7d4e0d6fdf0d7ccb177c26c44bb4388e4fd99f543ccfa18db'],
    ['walker2d_medium_expert', 462197079, '6b8d7f868c45bbaedf460be797fb7271b46dee6ebe45fe7a64319f2005b59a04'],
  ] as const
).map(([name, bytes, sha256]) => ({
  id: `${name.replaceAll('_', '-')}-v2`,
  environment: name.slice(0, name.indexOf('_')),
  file: `${name}-v2.hdf5`,
  bytes,
  sha256,
}));

/** D4RL's published file of this size and hash, or null. */
export function publishedFile(bytes: number, sha256: string): PublishedFile | null {
  return PUBLISHED.find((file) => file.bytes === bytes && file.sha256 === sha256) ?? null;
}
