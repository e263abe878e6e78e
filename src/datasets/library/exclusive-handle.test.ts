import { describe, expect, it, vi } from 'vitest';
import { ExclusiveHandle } from './exclusive-handle.ts';

describe('what a worker has open', () => {
  it('the exclusive handle holds the last requested resource and releases one that opens late', async () => {
    const slot = new ExclusiveHandle<string>();
    const [releaseSlow, releaseQuick] = [vi.fn(), vi.fn()];
    let opened: () => void = () => undefined;
    const slow = slot.open(async () => {
      await new Promise<void>((done) => (opened = done));
      return { resource: 'slow', release: releaseSlow };
    });
    const quick = slot.open(async () => ({ resource: 'quick', release: releaseQuick }));
    await vi.waitFor(() => {
      opened();
      expect(slot.current).not.toBeNull();
    });
    expect([await slow, await quick]).toEqual(['slow', 'quick']);
    expect(slot.current).toBe('quick');
    expect(releaseSlow).toHaveBeenCalledOnce();
    expect(releaseQuick).not.toHaveBeenCalled();
    await slot.close();
    expect(slot.current).toBeNull();
    expect(releaseQuick).toHaveBeenCalledOnce();
  });

  it('the exclusive handle is empty after a failed opening and can open another', async () => {
    const slot = new ExclusiveHandle<string>();
    const release = vi.fn();
    await slot.open(async () => ({ resource: 'first', release }));
    await expect(slot.open(() => Promise.reject(new Error('It is gone.')))).rejects.toThrow('It is gone.');
    expect([slot.current, release.mock.calls.length]).toEqual([null, 1]);
    expect(await slot.open(async () => ({ resource: 'second', release }))).toBe('second');
  });
});
