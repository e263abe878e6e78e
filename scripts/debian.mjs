/** Installs optional packages for the tests on Debian as root. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export function isDebianAsRoot() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  // Ubuntu is left out: its chromium package is a snap, which containers cannot run.
  return /^ID="?debian"?$/m.test(release);
}

/**
 * `apt-get install`; a failure is printed, not thrown.
 *
 * @param {readonly string[]} args Packages and flags.
 */
export function aptInstall(args) {
  console.log(`Installing what the tests use (apt-get install ${args.join(' ')}) …`);
  /** @type {import('node:child_process').ExecFileSyncOptions} */
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  try {
    execFileSync('apt-get', ['update'], options);
    execFileSync('apt-get', ['install', '-y', ...args], options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

/** Installs h5py and zarr for the system's Python if it lacks them. On other systems the test that uses them is skipped. */
export function ensureH5py() {
  if (!isDebianAsRoot()) return;
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import h5py, numpy, zarr'], { stdio: 'ignore' });
  } catch {
    aptInstall(['--no-install-recommends', 'python3-h5py', 'python3-numpy', 'python3-zarr']);
  }
}
