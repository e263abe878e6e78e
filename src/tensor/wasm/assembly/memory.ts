// Pointers, and loads and stores of fewer than four elements. All sizes count elements (float32), not bytes.

export function at(base: usize, index: i32): usize {
  return base + ((<usize>index) << 2);
}

export function roundUp(n: i32, step: i32): i32 {
  return ((n + step - 1) / step) * step;
}

/** The first `count` (at most 4) elements; the rest are 0. */
export function loadSome(from: usize, count: i32): v128 {
  if (count >= 4) return v128.load(from);
  let value = f32x4.splat(0);
  if (count > 0) value = f32x4.replace_lane(value, 0, load<f32>(from));
  if (count > 1) value = f32x4.replace_lane(value, 1, load<f32>(from, 4));
  if (count > 2) value = f32x4.replace_lane(value, 2, load<f32>(from, 8));
  return value;
}

/** Stores the first `count` elements, at most 4. */
export function storeSome(to: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, value);
    return;
  }
  if (count > 0) store<f32>(to, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
}
